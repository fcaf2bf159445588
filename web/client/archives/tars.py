"""TAR archives, compressed with gzip or not: read once, from front to back."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from web.client.archives.member import DEVICE, LINK, Member
from web.client.archives.meter import ArchiveError, Meter

HEADS = frozenset(
    {
        *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
        *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    }
)
"""Members that only describe the next one: the library holds such a one in memory, as long as it says it is."""
MAX_HEAD_BYTES = 2**20


class BoundedTarInfo(tarfile.TarInfo):
    """Refuses to describe a member at length."""

    def _proc_member(self, tar: tarfile.TarFile) -> Any:
        if self.type in HEADS and self.size > MAX_HEAD_BYTES:
            raise ArchiveError("It is damaged: the description of a member is longer than any can be.")
        return cast(Any, super())._proc_member(tar)


def tar_members(path: Path, meter: Meter) -> Iterator[Member]:
    """The members in order, folders left out; each must be read before the next. Raises ArchiveError, OSError.

    What a member says of its size counts at once: to skip it takes unpacking it.
    """
    is_compressed = not path.name.lower().endswith(".tar")
    try:
        with (
            cast(IO[bytes], gzip.open(path)) if is_compressed else path.open("rb") as stream,
            tarfile.open(fileobj=stream, mode="r|", tarinfo=BoundedTarInfo) as archive,
        ):
            for info in archive:
                meter.count_member()
                meter.count_bytes(info.size)
                if not info.isdir():
                    yield _member(archive, info)
                cast(Any, archive).members.clear()  # it would remember all of them
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ArchiveError("It is damaged or no TAR archive.") from error


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    if info.issym() or info.islnk():
        return Member(info.name, refusal=LINK)
    if not info.isreg() or info.issparse():
        return Member(info.name, refusal=DEVICE)
    return Member(info.name, open=partial(_open, archive, info))


def _open(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(info)
    if stream is None:
        raise ArchiveError("It is damaged or no TAR archive.")
    return stream
