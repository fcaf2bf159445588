"""The lines of a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Each line by the columns' names; a byte-order mark, as Excel writes one, belongs to none of them."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)
