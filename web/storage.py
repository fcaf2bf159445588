"""How much room the data folder takes and has, found out quickly however many files there are."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

ENOUGH_FILES = 2000
FULL_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Storage:
    """Bytes; `used` by scans and pictures, exact for few files and else extrapolated from some of their folders."""

    used: int
    is_estimate: bool
    free: int
    total: int

    @property
    def is_nearly_full(self) -> bool:
        """Less than 2 GiB or a twentieth of the disk is free, whichever is less."""
        return self.free < min(FULL_BYTES, self.total / 20)


def storage(blob_dir: Path) -> Storage:
    """Of the blob store in this folder, and of the disk that it is on, or will be on once it exists."""
    there = next(folder for folder in (blob_dir, *blob_dir.parents) if folder.is_dir())
    disk = shutil.disk_usage(there)
    used, is_estimate = _used(blob_dir)
    return Storage(used, is_estimate, disk.free, disk.total)


def _used(blob_dir: Path) -> tuple[int, bool]:
    """Files lie in folders by the first byte of their SHA-256, so any of these folders holds an even part of all."""
    folders = sorted(folder for folder in blob_dir.glob("[0-9a-f][0-9a-f]") if folder.is_dir())
    files = size = 0
    for seen, folder in enumerate(folders, start=1):
        found, taken = _measure(folder)
        files, size = files + found, size + taken
        if files >= ENOUGH_FILES and seen < len(folders):
            return size * len(folders) // seen, True
    return size, False


def _measure(folder: Path) -> tuple[int, int]:
    """How many files lie below, and their bytes; one that is deleted meanwhile is not counted."""
    files = size = 0
    for entry in os.scandir(folder):
        try:
            found, taken = _measure(Path(entry.path)) if entry.is_dir() else (1, entry.stat().st_size)
        except FileNotFoundError:
            continue
        files, size = files + found, size + taken
    return files, size
