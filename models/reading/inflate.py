"""Unpacking that ends at a bound: a few kilobytes of zeros can stand for gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from models.errors import ScanRejectedError

RAW_DEFLATE, GZIP = -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS
_STEP = 1 << 20


def inflated(file: BinaryIO, window: int, most: int) -> Iterator[bytes]:
    """Pieces of what is packed in the rest of `file`, at most `most` bytes of it; `window`: RAW_DEFLATE or GZIP.

    Raises zlib.error where it is damaged, EOFError where it ends too early.
    """
    unpacker = zlib.decompressobj(window)
    left = most
    while left > 0 and not unpacker.eof:
        packed = unpacker.unconsumed_tail or file.read(_STEP)
        if not packed:
            raise EOFError("the packed data ends too early")
        piece = unpacker.decompress(packed, min(left, _STEP))
        left -= len(piece)
        yield piece


def inflated_whole(file: BinaryIO, window: int, most: int) -> bytes:
    """All that is packed in the rest of `file`.

    Raises what `inflated` does, and ScanRejectedError where it is more than `most` bytes.
    """
    whole = b"".join(inflated(file, window, most + 1))
    if len(whole) > most:
        raise ScanRejectedError(f"The file is packed and holds more than {most >> 20} MB; store it plain.")
    return whole
