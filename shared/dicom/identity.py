"""Which DICOM object a file is: its class, and the UIDs of instance, series and study."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO

from shared.dicom.classes import DEFLATED, EXPLICIT_BIG, IMPLICIT_LITTLE
from shared.dicom.elements import UNDEFINED, Elements, Inflated, Tag
from shared.dicom.errors import DicomHeaderError
from shared.dicom.head import MANUFACTURER

PREAMBLE_BYTES = 128
MAGIC = b"DICM"
META_LENGTH, SYNTAX = (0x0002, 0x0000), (0x0002, 0x0010)
META_END = (0x0002, 0xFFFF)
SOP_CLASS, SOP_INSTANCE = (0x0008, 0x0016), (0x0008, 0x0018)
STUDY, SERIES = (0x0020, 0x000D), (0x0020, 0x000E)
MAKER = (0x0008, 0x0070)
WANTED = {SOP_CLASS: "SOP class", SOP_INSTANCE: "SOP instance", STUDY: "study", SERIES: "series"}
MAX_UID_CHARS = 64
MAX_META_BYTES = 64 * 1024


@dataclass(frozen=True)
class Identity:
    """The UIDs of one object, and the transfer syntax that it is written in. `is_ours`: OncoQueue has made it."""

    sop_class: str
    sop_instance: str
    study: str
    series: str
    syntax: str
    is_ours: bool = False


def read_identity(file: IO[bytes]) -> Identity:
    """Of a file in the form of PS3.10, read from its start. Raises DicomHeaderError."""
    head = file.read(PREAMBLE_BYTES + len(MAGIC))
    if head[PREAMBLE_BYTES:] != MAGIC:
        raise DicomHeaderError("This is no DICOM file: it does not have DICM behind a preamble of 128 bytes.")
    syntax = _read_syntax(file)
    found = _read_texts(_elements(file, syntax))
    missing = [name for tag, name in WANTED.items() if not found.get(tag)]
    if missing:
        raise DicomHeaderError(f"The header has no UID of its {' and '.join(missing)}.")
    is_ours = found.get(MAKER) == MANUFACTURER
    return Identity(found[SOP_CLASS], found[SOP_INSTANCE], found[STUDY], found[SERIES], syntax, is_ours)


def _read_syntax(file: IO[bytes]) -> str:
    """The transfer syntax; the file then stands at its data set. Some writers leave out the length of the group."""
    meta = Elements(file, explicit=True, bytes_left=MAX_META_BYTES)
    syntax, ends_at = "", 0
    for tag, _, length in meta.walk(META_END):
        if tag == META_LENGTH and length == 4:
            ends_at = meta.bytes_left - length - int.from_bytes(meta.read(length), "little")
        elif tag == SYNTAX:
            syntax = _uid(meta, length)
        elif length != UNDEFINED:
            meta.skip(length)
        if meta.bytes_left <= ends_at:
            break
    else:
        file.seek(-4, os.SEEK_CUR)  # the first tag of the data set
    if not syntax or (ends_at and meta.bytes_left != ends_at):
        raise DicomHeaderError("The meta information does not name a transfer syntax.")
    return syntax


def _elements(file: IO[bytes], syntax: str) -> Elements:
    if syntax == DEFLATED:
        return Elements(Inflated(file), explicit=True)
    return Elements(file, explicit=syntax != IMPLICIT_LITTLE, order=">" if syntax == EXPLICIT_BIG else "<")


def _read_texts(elements: Elements) -> dict[Tag, str]:
    found: dict[Tag, str] = {}
    for tag, _, length in elements.walk(SERIES):
        if tag in WANTED and length:
            found[tag] = _uid(elements, length)
        elif tag == MAKER and 0 < length <= MAX_UID_CHARS:
            found[tag] = elements.read(length).decode("ascii", "replace").strip("\0 ")
    return found


def _uid(elements: Elements, length: int) -> str:
    """A UID without its padding. Digits and dots are not insisted on: what is sent may be wrong and yet unique."""
    if length > MAX_UID_CHARS + 2:
        raise DicomHeaderError(f"A UID is longer than {MAX_UID_CHARS} characters.")
    text = elements.read(length).strip(b"\0 ")
    if not text.isascii() or not text.decode("ascii", "replace").isprintable():
        raise DicomHeaderError("A UID has characters that no UID may have.")
    return text.decode("ascii")
