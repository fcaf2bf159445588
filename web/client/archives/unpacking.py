"""Archives among the files to submit are opened, and their members take their place: a few at a time on the disk."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import IO

from shared.paths import BadPathError, normalise_path
from shared.suffixes import ARCHIVES, is_archive
from web.client.archives.member import DAMAGED, ENCRYPTED, Member
from web.client.archives.meter import MB, ArchiveError, Bounds, Meter, TooMuchError
from web.client.archives.tars import tar_members
from web.client.archives.zips import zip_members
from web.client.files import LeftOut, LocalFile, Skipped, unless_no_scan

BLOCK = 1024 * 1024
FOREIGN_FOLDER = "__MACOSX"


class TooLargeMemberError(Exception):
    """A member is longer than we unpack."""


class Unpacker:
    """`skipped` and `left_out` tell of the members that are not sent; `found` counts the files that are."""

    def __init__(self, spool: Path, everything: bool = False, bounds: Bounds | None = None) -> None:
        """Members lie in the folder `spool` until `forget`."""
        self.skipped: list[Skipped] = []
        self.left_out: list[LeftOut] = []
        self.found = 0
        self._spool = spool
        self._everything = everything
        self._bounds = bounds or Bounds()
        self._numbers = count()

    def files(self, files: Iterable[LocalFile]) -> Iterator[LocalFile]:
        """The files in order, and in the place of each archive its members."""
        for file in files:
            for item in self._opened(file) if is_archive(file.name) else [file]:
                self.found += 1
                yield item

    def forget(self, file: LocalFile) -> None:
        """Delete the copy of a member that has been sent; a file of the user's stays."""
        if file.path.parent == self._spool:
            file.path.unlink(missing_ok=True)

    def _opened(self, archive: LocalFile) -> Iterator[LocalFile]:
        return self._members(archive, Meter(archive.size, self._bounds), depth=1)

    def _members(self, archive: LocalFile, meter: Meter, depth: int) -> Iterator[LocalFile]:
        """Those of an archive and of the archives in it. What cannot be read of it is noted under its name."""
        try:
            for member in _listed(archive.path, meter):
                yield from self._member(archive, member, meter, depth)
        except ArchiveError as error:
            if depth > 1 and isinstance(error, TooMuchError):
                raise
            self.skipped.append(Skipped(archive.name, f"The archive is not read to its end. {error}"))
        except OSError as error:
            self.skipped.append(Skipped(archive.name, f"The archive cannot be read: {error.strerror or error}."))

    def _member(self, archive: LocalFile, member: Member, meter: Meter, depth: int) -> Iterator[LocalFile]:
        if any((part.startswith(".") and part not in {".", ".."}) or part == FOREIGN_FOLDER for part in _parts(member)):
            return
        shown = f"{archive.name}/{_printable(member.name)}"
        try:
            name = f"{archive.name}/{normalise_path(member.name)}"
            if member.open is None:
                raise BadPathError(member.refusal)
            copy = self._copied(member.open, name, meter)
        except (BadPathError, TooLargeMemberError) as error:
            self.skipped.append(Skipped(shown, str(error)))
        except RuntimeError:
            self.skipped.append(Skipped(shown, ENCRYPTED))
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError):
            self.skipped.append(Skipped(shown, DAMAGED))
        else:
            yield from self._sorted_out(copy, meter, depth)

    def _sorted_out(self, copy: LocalFile, meter: Meter, depth: int) -> Iterator[LocalFile]:
        """A member that is there: sent, left out, or opened in its turn."""
        item = copy if self._everything else unless_no_scan(copy)
        if isinstance(item, LeftOut):
            self.left_out.append(item)
        elif not is_archive(copy.name):
            yield copy
            return
        elif depth < self._bounds.depth:
            try:
                yield from self._members(copy, meter, depth + 1)
            finally:
                self.forget(copy)
            return
        else:
            self.skipped.append(Skipped(copy.name, f"Archives are opened {depth} levels deep; unpack it first."))
        self.forget(copy)

    def _copied(self, opened: Callable[[], IO[bytes]], name: str, meter: Meter) -> LocalFile:
        suffix = next((suffix for suffix in ARCHIVES if name.lower().endswith(suffix)), "")
        path = self._spool / f"{next(self._numbers)}{suffix}"
        try:
            with opened() as source, path.open("wb") as target:
                return LocalFile(path, name, _copy(source, target, meter))
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _listed(path: Path, meter: Meter) -> Iterator[Member]:
    return zip_members(path, meter) if path.name.lower().endswith(".zip") else tar_members(path, meter)


def _copy(source: IO[bytes], target: IO[bytes], meter: Meter) -> int:
    """How many bytes were copied. Raises TooLargeMemberError, ArchiveError."""
    size = 0
    while block := source.read(BLOCK):
        size += len(block)
        if size > meter.bounds.member_bytes:
            raise TooLargeMemberError(f"It is larger than {meter.bounds.member_bytes // MB} MB unpacked.")
        meter.count_bytes(len(block))
        target.write(block)
    return size


def _parts(member: Member) -> list[str]:
    return member.name.split("/")


def _printable(name: str) -> str:
    """A name that can be printed whatever bytes it is made of."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
