"""A watched folder on the disk, and where in it a file is on its way: here -> .taking -> .taken | .refused.

A file is moved before it is read and moved again after it is committed. So whenever the process dies, each file is in
exactly one of these places, and what lies in `.taking` is looked up in the database.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from shared.errors import SettingsError
from shared.folders import make_folder, sync_folder
from shared.settings import PREFIX, Settings

TAKING, TAKEN, REFUSED, LOCK = ".taking", ".taken", ".refused", ".taking.lock"


class WatchedFolder:
    """One folder, which nobody else may watch meanwhile."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold it. Raises SettingsError where it is held already, is no folder or cannot be written to."""
        try:
            file = (self.root / LOCK).open("a")
        except OSError as error:
            raise SettingsError(
                f"The watched folder {self.root} must be a folder in which files can be moved ({error.strerror})."
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise SettingsError(f"Another process watches {self.root}: stop it, or watch another.") from error
            yield

    def name_of(self, path: Path) -> str:
        """The path of a file relative to the folder, wherever in it the file is on its way."""
        taking = self.root / TAKING
        return path.relative_to(taking if path.is_relative_to(taking) else self.root).as_posix()

    def claim(self, path: Path) -> Path:
        """here -> .taking; where it is now. Raises OSError, also while an older file of that name is on its way."""
        target = self.root / TAKING / self.name_of(path)
        if target.exists():
            raise FileExistsError(errno.EEXIST, "An older file of this name is not stored yet")
        return _move(path, target)

    def claimed(self) -> list[Path]:
        """What lies in .taking: a process died, or the store was away."""
        return sorted(path for path in (self.root / TAKING).rglob("*") if path.is_file())

    def keep(self, taking: Path, batch_id: int, path: str) -> None:
        """.taking -> .taken, under the number of its batch and its path there. Raises OSError."""
        _move(taking, self.root / TAKEN / str(batch_id) / path)
        self._tidy(taking.parent)

    def refuse(self, taking: Path) -> None:
        """.taking -> .refused, beside what was refused before. Raises OSError."""
        _move(taking, _unused(self.root / REFUSED / self.name_of(taking)))
        self._tidy(taking.parent)

    def _tidy(self, folder: Path) -> None:
        """Remove empty folders of .taking."""
        with suppress(OSError):
            while folder != self.root / TAKING:
                folder.rmdir()
                folder = folder.parent


def _move(source: Path, target: Path) -> Path:
    make_folder(target.parent)
    os.replace(source, target)
    sync_folder(target.parent)
    return target


def _unused(path: Path) -> Path:
    """The path, or one like it that nothing has."""
    numbered = (path.with_name(f"{path.name}.{number}") for number in count(2))
    return path if not path.exists() else next(other for other in numbered if not other.exists())


def checked_folder(settings: Settings) -> WatchedFolder:
    """The folder that the settings name. Raises SettingsError where there is none, or it holds what is ours."""
    root = settings.watch_dir
    if root is None:
        raise SettingsError(f"Say which folder to watch: oncoqueue watch DIR, or {PREFIX}WATCH_DIR.")
    root = root.resolve()
    if root.is_relative_to(settings.data_dir) or settings.data_dir.is_relative_to(root):
        raise SettingsError(
            f"The watched folder and {PREFIX}DATA_DIR must not lie in each other: files would go in circles."
        )
    return WatchedFolder(root)
