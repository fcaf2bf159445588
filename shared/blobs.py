"""Files by the SHA-256 of their bytes: scans that came in and pictures that a worker rendered."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from shared.errors import BlobMissingError, BlobTooLargeError
from shared.folders import make_folder, sync_folder

HEX_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class BlobInfo:
    """A stored file: its SHA-256 in hexadecimal and its length in bytes."""

    sha256: str
    size: int


class BlobWriter(Protocol):
    """A file being stored. Leaving its `with` block without `commit()` discards it."""

    def write(self, data: bytes) -> int:
        """Append bytes. Raises BlobTooLargeError past the store's bound; the writer is discarded then."""

    def written(self) -> BinaryIO:
        """What was written so far, open for reading."""

    def commit(self) -> BlobInfo:
        """Make the file visible under its hash."""

    def discard(self) -> None:
        """Forget what was written; does nothing after `commit()`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class BlobStore(Protocol):
    """Immutable files by their SHA-256."""

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""

    def missing(self, hashes: Iterable[str]) -> list[str]:
        """Those that are not there, in order, each once."""

    def path(self, sha256: str) -> Path:
        """A local path to read the file from. Raises BlobMissingError."""

    def open(self, sha256: str) -> BinaryIO:
        """The file, open for reading. Raises BlobMissingError."""

    def put(self, data: bytes) -> str:
        """Store bytes and give their SHA-256. Raises BlobTooLargeError."""

    def writer(self) -> BlobWriter:
        """A new file, hashed while it is written."""

    def remove_leftovers(self, older_than_seconds: float) -> int:
        """Delete unfinished files that were last written to so long ago; gives how many."""


class FolderBlobs:
    """A BlobStore in a folder: `root/ab/cd/<hash>`. Only whole files ever appear there."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._max_bytes = max_bytes

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        return HEX_DIGEST.fullmatch(sha256) is not None and self._place(sha256).is_file()

    def missing(self, hashes: Iterable[str]) -> list[str]:
        """Those that are not there, in order, each once."""
        return [sha256 for sha256 in dict.fromkeys(hashes) if not self.has(sha256)]

    def path(self, sha256: str) -> Path:
        """Where the file lies. Raises BlobMissingError, also for what is no hash."""
        if not self.has(sha256):
            raise BlobMissingError(sha256)
        return self._place(sha256)

    def open(self, sha256: str) -> BinaryIO:
        """The file, open for reading. Raises BlobMissingError."""
        return self.path(sha256).open("rb")

    def put(self, data: bytes) -> str:
        """Store bytes and give their SHA-256. Raises BlobTooLargeError."""
        with self.writer() as writer:
            writer.write(data)
            return writer.commit().sha256

    def writer(self) -> FolderWriter:
        """A new file, hashed while it is written."""
        make_folder(self._incoming)
        return FolderWriter(self._incoming, self._place, self._max_bytes)

    def remove_leftovers(self, older_than_seconds: float) -> int:
        """Delete unfinished files that were last written to so long ago: their process died. Gives how many."""
        removed = 0
        for file in self._incoming.glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - file.stat().st_mtime > older_than_seconds:
                    file.unlink()
                    removed += 1
        return removed

    def _place(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256


class FolderWriter:
    """A BlobWriter into a temporary file beside the store, renamed when it is whole and on the disk."""

    def __init__(self, incoming: Path, place: Callable[[str], Path], max_bytes: int) -> None:
        self._place = place
        self._max_bytes = max_bytes
        self._size = 0
        self._hash = hashlib.sha256()
        descriptor, name = tempfile.mkstemp(dir=incoming)
        self._file = os.fdopen(descriptor, "wb")
        self._temporary = Path(name)

    def write(self, data: bytes) -> int:
        """Append bytes. Raises BlobTooLargeError past the store's bound; the writer is discarded then."""
        self._size += len(data)
        if self._size > self._max_bytes:
            self.discard()
            raise BlobTooLargeError(self._max_bytes)
        self._hash.update(data)
        return self._file.write(data)

    def written(self) -> BinaryIO:
        """What was written so far, open for reading. Not after `commit()` or `discard()`."""
        self._file.flush()
        return self._temporary.open("rb")

    def commit(self) -> BlobInfo:
        """Make the file visible under its hash. Once only, and not after `discard()`."""
        info = BlobInfo(self._hash.hexdigest(), self._size)
        place = self._place(info.sha256)
        if place.is_file():
            self.discard()
            return info
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        make_folder(place.parent)
        self._temporary.replace(place)
        sync_folder(place.parent)
        return info

    def discard(self) -> None:
        """Forget what was written; does nothing after `commit()`."""
        with suppress(OSError):  # Closing writes what is left, for which a full disk has no room.
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()
