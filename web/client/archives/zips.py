"""ZIP archives."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from web.client.archives.member import DEVICE, ENCRYPTED, LINK, Member
from web.client.archives.meter import ArchiveError, Meter, TooMuchError

IS_ENCRYPTED = 0x1
ENTRY_BYTES = 300  # of an entry with a long name in the list of members
END, END_BYTES, MAX_COMMENT = b"PK\x05\x06", 22, 65_535
LOCATOR, LOCATOR_BYTES = b"PK\x06\x07", 20


def zip_members(path: Path, meter: Meter) -> Iterator[Member]:
    """The members in order, folders left out. Raises ArchiveError, OSError."""
    with path.open("rb") as file:
        if _directory_bytes(file) > meter.bounds.members * ENTRY_BYTES:
            raise TooMuchError(f"It has more than {meter.bounds.members} members; send it in parts.")
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                meter.count_member()
                if not info.is_dir():
                    yield _member(archive, info)
    except zipfile.BadZipFile as error:
        raise ArchiveError("It is damaged or no ZIP archive.") from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return Member(info.filename, refusal=LINK)
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        return Member(info.filename, refusal=DEVICE)
    if info.flag_bits & IS_ENCRYPTED:
        return Member(info.filename, refusal=ENCRYPTED)
    return Member(info.filename, open=partial(archive.open, info))


def _directory_bytes(file: IO[bytes]) -> int:
    """How long the list of members says it is, before a library reads all of it into memory; 0 where none is found."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END_BYTES - MAX_COMMENT - LOCATOR_BYTES))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + END_BYTES:
        return 0
    length: int = struct.unpack_from("<L", tail, at + 12)[0]
    if length != 0xFFFFFFFF or not tail.startswith(LOCATOR, at - LOCATOR_BYTES):
        return length
    file.seek(struct.unpack_from("<Q", tail, at - LOCATOR_BYTES + 8)[0])
    head = file.read(56)
    return int(struct.unpack_from("<Q", head, 40)[0]) if len(head) == 56 else 0
