"""Finding the files to submit."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from shared.paths import BadPathError, normalise_path
from shared.suffixes import DICOMDIR, IMAGES, NO_SCANS, is_dicomdir


@dataclass(frozen=True)
class LocalFile:
    """A file to submit: where it is, the relative path it gets in the batch, and its size in bytes."""

    path: Path
    name: str
    size: int


@dataclass(frozen=True)
class Skipped:
    """A file that will not be submitted, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """A file that a directory holds beside its scans; `kind` is its suffix, "empty" or "DICOMDIR"."""

    name: str
    kind: str


def common_folder(paths: Sequence[Path]) -> Path:
    """The folder that the names in the batch are relative to: the one directory, or the parent all have in common."""
    absolute = [Path(os.path.abspath(path)) for path in paths]
    if len(absolute) == 1 and absolute[0].is_dir():
        return absolute[0]
    return Path(os.path.commonpath([path.parent for path in absolute]))


def find_files(paths: Sequence[Path], everything: bool = False) -> Iterator[LocalFile | Skipped | LeftOut]:
    """Files named or below the directories named, sorted, each once.

    Below a directory, hidden files and folders are left out silently; links are followed to files inside that
    directory only. What can be no scan is LeftOut there, unless `everything` is asked for.
    """
    root = common_folder(paths)
    named = {Path(os.path.abspath(path)) for path in paths}
    seen: set[str] = set()
    for path in sorted(named):
        found = _walk(path, root) if path.is_dir() else [_look_at(path, root)]
        for item in found:
            if item.name in seen:
                continue
            seen.add(item.name)
            if isinstance(item, LocalFile) and not everything and item.path not in named:
                yield unless_no_scan(item)
            else:
                yield item


def unless_no_scan(file: LocalFile) -> LocalFile | LeftOut:
    """The file, unless it is clearly no scan. An empty one named as a picture is a lost scan: the server says so."""
    name = PurePosixPath(file.name)
    suffix = name.suffix.lower()
    if is_dicomdir(name.name):
        return LeftOut(file.name, DICOMDIR)
    if suffix in NO_SCANS:
        return LeftOut(file.name, suffix)
    return LeftOut(file.name, "empty") if file.size == 0 and suffix not in IMAGES else file


def _walk(folder: Path, root: Path) -> Iterator[LocalFile | Skipped]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Skipped(_shown(folder, root), f"The folder cannot be read: {error.strerror}.")
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path, root)
        elif entry.is_symlink() and not _stays_inside(path, root):
            yield Skipped(_shown(path, root), "The link leads to a folder, or out of the one submitted.")
        else:
            yield _look_at(path, root)


def _stays_inside(link: Path, root: Path) -> bool:
    target = link.resolve()
    return target.is_relative_to(root.resolve()) and not target.is_dir()


def _look_at(path: Path, root: Path) -> LocalFile | Skipped:
    shown = _shown(path, root)
    try:
        name = normalise_path(path.relative_to(root).as_posix())
        facts = path.stat()
    except BadPathError as error:
        return Skipped(shown, str(error))
    except OSError as error:
        return Skipped(shown, f"The file cannot be read: {error.strerror}.")
    if not stat.S_ISREG(facts.st_mode):
        return Skipped(shown, "This is not a regular file.")
    if not os.access(path, os.R_OK):
        return Skipped(shown, "The file cannot be read: Permission denied.")
    return LocalFile(path, name, facts.st_size)


def _shown(path: Path, root: Path) -> str:
    """A name that can be printed whatever bytes it is made of."""
    return os.fsencode(path.relative_to(root)).decode(errors="replace")
