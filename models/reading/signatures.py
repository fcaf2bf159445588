"""Which format a file has, by its first bytes; a file's name says nothing."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from enum import StrEnum

from models.errors import ScanRejectedError
from models.reading.inflate import GZIP

HEAD_BYTES = 4096
"""As much of a file as `recognise` looks at."""


class Format(StrEnum):
    """The formats that can be read."""

    PNG = "PNG"
    JPEG = "JPEG"
    TIFF = "TIFF"
    BMP = "BMP"
    DICOM = "DICOM"
    NIFTI = "NIfTI"


GZIP_SIGNATURE = b"\x1f\x8b"
_READABLE = (
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
    (b"BM", Format.BMP),
)
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive; unpack it and submit the images in it"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (GZIP_SIGNATURE, "a gzip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"GIF8", "a GIF, which is not read; save it as PNG"),
    (b"RIFF", "a WebP or another RIFF file, which is not read; save it as PNG"),
    (b"\0\0\0\x0cjP  ", "a bare JPEG 2000 file, which is not read; save it as PNG"),
    (b"\xff\x4f\xff\x51", "a bare JPEG 2000 stream, which is not read; save it as PNG"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "a database"),
    (b"<svg", "an SVG drawing"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\b\x1b")


def recognise(head: bytes) -> Format:
    """The format of a file that begins with `head`; raises ScanRejectedError that says what the file is instead."""
    if not head:
        raise ScanRejectedError("The file is empty (0 bytes).")
    if head[128:132] == b"DICM":
        return Format.DICOM
    if is_nifti(head) or is_nifti(unpacked_head(head)):
        return Format.NIFTI
    for signature, known in _READABLE:
        if head.startswith(signature):
            return known
    for signature, name in _FOREIGN:
        if head.startswith(signature):
            raise ScanRejectedError(f"The file is {name}.")
    for looks_like, name in _LOOKS:
        if looks_like(head):
            raise ScanRejectedError(f"The file is {name}, not an image.")
    if _is_dicom_without_preamble(head):
        return Format.DICOM
    raise ScanRejectedError("The file is not an image that can be read (PNG, JPEG, TIFF, BMP, DICOM and NIfTI are).")


def is_nifti(head: bytes) -> bool:
    """Whether a file that begins with `head` is NIfTI, of version 1 (a pair's header too) or 2."""
    return head[344:348] in (b"n+1\0", b"ni1\0") or head[4:12] in (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")


def unpacked_head(head: bytes) -> bytes:
    """What a gzip file that begins with `head` holds at its start; empty for others, and where it is damaged."""
    if not head.startswith(GZIP_SIGNATURE):
        return b""
    try:
        return zlib.decompressobj(GZIP).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _is_text(head: bytes) -> bool:
    """Whether `head` reads as text; a few bytes cut from a longer character at the end are allowed."""
    if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3
    return True


def _is_zeros(head: bytes) -> bool:
    return not any(head)


_LOOKS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_text, "text"),
    (_is_zeros, "nothing but zero bytes"),
)


def _is_dicom_without_preamble(head: bytes) -> bool:
    """Whether the file starts with a plausible first data element: group 0002 or 0008, low element number.

    Old devices write the bare data set. Little endian first, then the retired big-endian syntax.
    """
    if len(head) < 12:
        return False
    for order in ("little", "big"):
        group, element = (int.from_bytes(head[i : i + 2], order) for i in (0, 2))
        explicit = head[4:6].isalpha() and head[4:6].isupper()
        implicit = int.from_bytes(head[4:8], "little") <= 256
        if group in (0x0002, 0x0008) and element <= 0x0070 and (explicit or implicit):
            return True
    return False
