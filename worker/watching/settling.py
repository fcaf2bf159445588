"""Which files in a folder have stopped changing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shared.suffixes import ARCHIVES, NO_SCANS, UNFINISHED, is_dicomdir

MAX_FILES = 50_000  # looked at in one round; further ones get their turn when these are gone
STILL_LOOKS = 2  # how many looks in a row must find a file as it was

LEFT_ALONE = (*ARCHIVES, *NO_SCANS, *UNFINISHED)


@dataclass(frozen=True)
class Facts:
    """What changes when a file is written to."""

    size: int
    changed_ns: int
    inode: int


def facts_of(found: os.stat_result) -> Facts:
    """Of a file's status."""
    return Facts(found.st_size, found.st_mtime_ns, found.st_ino)


def look(root: Path) -> dict[Path, Facts]:
    """Files below `root` that may be scans: no hidden ones, no links, none that are empty or clearly something else."""
    return dict(islice(_files(root), MAX_FILES))


def _files(root: Path) -> Iterator[tuple[Path, Facts]]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or name.lower().endswith(LEFT_ALONE) or is_dicomdir(name):
                continue
            path = Path(folder, name)
            try:
                found = path.lstat()
            except FileNotFoundError:
                continue
            if stat.S_ISREG(found.st_mode) and found.st_size > 0:
                yield path, facts_of(found)


class Settling:
    """Remembers the looks before."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[Facts, int]] = {}

    def still(self, found: Mapping[Path, Facts]) -> list[Path]:
        """Those of the files found now that are as they were at the last STILL_LOOKS looks."""
        before, self._seen = self._seen, {}
        settled = []
        for path, facts in found.items():
            known, looks = before.get(path, (facts, -1))
            looks = looks + 1 if known == facts else 0
            self._seen[path] = facts, looks
            if looks >= STILL_LOOKS:
                settled.append(path)
        return settled
