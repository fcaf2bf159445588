"""SHA-256 of a release's files: written when the release is saved, checked before anything in it is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from models.errors import ReleaseError


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 in hex of the files called `names` in `folder`, by name. Raises ReleaseError where one is missing."""
    return {name: _digest(folder, name) for name in names}


def check_digests(folder: Path, recorded: Mapping[str, str]) -> None:
    """Raises ReleaseError naming the first file of `recorded` (name -> SHA-256) that is missing or differs."""
    for name, digest in recorded.items():
        if _digest(folder, name) != digest:
            raise ReleaseError(f"{folder / name} is not the file that the release was saved with: its SHA-256 differs.")


def values_digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of JSON values, whatever their order and layout: of release.json, for what was made from it."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _digest(folder: Path, name: str) -> str:
    if Path(name).name != name:
        raise ReleaseError(f"The release in {folder} names {name!r}, which is no file of its own folder.")
    try:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()
    except OSError as error:
        raise ReleaseError(f"The release in {folder} lacks its file {name}.") from error
