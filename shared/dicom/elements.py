"""Walking over the elements of a DICOM data set without a library: bounded in bytes and depth, nothing kept."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol

from shared.dicom.errors import DicomHeaderError

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
# VRs whose length has four bytes behind two reserved ones (PS3.5, 7.1.2).
LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
MAX_DEPTH = 16
MAX_HEADER_BYTES = 16 * 2**20
BLOCK = 64 * 1024

Tag = tuple[int, int]


class Source(Protocol):
    """Bytes from front to back."""

    def read(self, size: int, /) -> bytes:
        """At most so many of them; none at the end."""


class Inflated:
    """The bytes of a deflated data set (PS3.5, A.5), a block at a time. Reads give at most what was asked for."""

    def __init__(self, compressed: IO[bytes]) -> None:
        self._compressed = compressed
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end. Raises DicomHeaderError."""
        parts: list[bytes] = []
        while size > 0 and not self._inflate.eof:
            block = self._inflate.unconsumed_tail or self._compressed.read(BLOCK)
            try:
                data = self._inflate.decompress(block, size)
            except zlib.error as error:
                raise DicomHeaderError("The deflated data set is damaged.") from error
            if not data and not block:
                break
            parts.append(data)
            size -= len(data)
        return b"".join(parts)


@dataclass
class Elements:
    """Reads element by element. `explicit`: each has its VR; `order`: "<" or ">" as `struct` writes it."""

    source: Source
    explicit: bool
    order: str = "<"
    bytes_left: int = MAX_HEADER_BYTES

    def walk(self, last: Tag) -> Iterator[tuple[Tag, bytes, int]]:
        """Tag, VR (empty where implicit) and length of each element up to `last`, in whose order they lie.

        Whoever takes one may `read` its value at once; it is skipped otherwise. Raises DicomHeaderError.
        """
        while (tag := self._tag()) is not None and tag <= last:
            vr, length = self._vr_and_length(tag)
            before = self.bytes_left
            yield tag, vr, length
            if length == UNDEFINED:
                self._skip_items(vr, depth=1)
            elif length > 0 and self.bytes_left == before:
                self.skip(length)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises DicomHeaderError."""
        self._spend(size)
        data = self.source.read(size)
        if len(data) != size:
            raise DicomHeaderError("The file ends inside its header.")
        return data

    def skip(self, size: int) -> None:
        """Leave `size` bytes out. Raises DicomHeaderError."""
        while size > 0:
            size -= len(self.read(min(size, BLOCK)))

    def _spend(self, size: int) -> None:
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise DicomHeaderError(f"The header is longer than {MAX_HEADER_BYTES // 2**20} MB before its UIDs.")

    def _tag(self) -> Tag | None:
        data = self.source.read(4)
        if not data:
            return None
        self._spend(4)
        if len(data) < 4:
            raise DicomHeaderError("The file ends inside its header.")
        group, element = struct.unpack(self.order + "HH", data)
        return group, element

    def _vr_and_length(self, tag: Tag) -> tuple[bytes, int]:
        if not self.explicit or tag[0] == ITEM[0]:
            return b"", self._number("L", 4)
        vr = self.read(2)
        if vr in LONG_VRS:
            self.read(2)
            return vr, self._number("L", 4)
        if not vr.isalpha():
            raise DicomHeaderError("The header is damaged: an element has no value representation.")
        return vr, self._number("H", 2)

    def _number(self, form: str, size: int) -> int:
        number: int = struct.unpack(self.order + form, self.read(size))[0]
        return number

    def _skip_items(self, vr: bytes, depth: int) -> None:
        """Over a value of undefined length: items until the delimiter."""
        if depth > MAX_DEPTH:
            raise DicomHeaderError(f"The header has sequences more than {MAX_DEPTH} levels deep.")
        # What a recorder did not know keeps the encoding that needs no VRs (PS3.5, 6.2.2).
        inner = Elements(self.source, False, "<", self.bytes_left) if vr == b"UN" else self
        while (tag := inner._tag()) == ITEM:
            length = inner._number("L", 4)
            inner.skip(length) if length != UNDEFINED else inner._skip_item(depth)
        if tag != SEQUENCE_END:
            raise DicomHeaderError("The header is damaged: a sequence has no end.")
        inner._number("L", 4)
        self.bytes_left = inner.bytes_left

    def _skip_item(self, depth: int) -> None:
        """Over an item of undefined length: elements until the delimiter."""
        while (tag := self._tag()) != ITEM_END:
            if tag is None:
                raise DicomHeaderError("The file ends inside its header.")
            vr, length = self._vr_and_length(tag)
            self._skip_items(vr, depth + 1) if length == UNDEFINED else self.skip(length)
        self._number("L", 4)
