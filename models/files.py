"""Files that are whole, or as they were: what is killed while it writes leaves no half of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path beside `path`, of the same suffix, to write to; it takes the place of `path` when the block has ended."""
    fresh = path.with_name(f"new-{path.name}")
    yield fresh
    fresh.replace(path)
