"""The size that a compressed picture states of itself, so that it can be bounded before a decoder allocates it."""

from __future__ import annotations

_J2K_START = b"\xff\x4f\xff\x51"
_JP2_START = b"\x00\x00\x00\x0cjP  "
_JPEG_START = b"\xff\xd8"
_BOX_HEAD_BYTES = 8
# Start-of-frame markers of JPEG (ISO 10918-1 table B.1) and JPEG-LS; C4, C8 and CC are other things.
_START_OF_FRAME = (frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}) | {0xF7}
_WITHOUT_LENGTH = frozenset(range(0xD0, 0xD9)) | {0x01, 0xFF}


def stated_size(stream: bytes) -> tuple[int, int] | None:
    """(width, height) in the header of a JPEG, JPEG-LS or JPEG 2000 stream; None where it states none.

    Raises ValueError for a JP2 file without a picture.
    """
    if stream.startswith(_JP2_START):
        return _j2k_size(stream, _codestream_of_jp2(stream))
    if stream.startswith(_J2K_START):
        return _j2k_size(stream, 0)
    return _jpeg_size(stream) if stream.startswith(_JPEG_START) else None


def _codestream_of_jp2(stream: bytes) -> int:
    """Where the codestream starts. A box of length 0 is refused: pydicom 3.0 would look at it for ever."""
    position = 0
    while position + _BOX_HEAD_BYTES <= len(stream):
        length = int.from_bytes(stream[position : position + 4], "big")
        if stream[position + 4 : position + 8] == b"jp2c":
            return position + _BOX_HEAD_BYTES
        if length < _BOX_HEAD_BYTES:
            break
        position += length
    raise ValueError("the JP2 wrapper of the compressed picture is damaged")


def _j2k_size(stream: bytes, start: int) -> tuple[int, int] | None:
    """SIZ marker: reference grid size less the image's offset in it (ISO 15444-1 A.5.1)."""
    head = stream[start : start + 24]
    if len(head) < 24 or not head.startswith(_J2K_START):
        return None
    width, height, left, top = (int.from_bytes(head[i : i + 4], "big") for i in (8, 12, 16, 20))
    return width - left, height - top


def _jpeg_size(stream: bytes) -> tuple[int, int] | None:
    position = len(_JPEG_START)
    while position + 9 <= len(stream):
        if stream[position] != 0xFF:
            return None
        marker = stream[position + 1]
        if marker in _WITHOUT_LENGTH:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in _START_OF_FRAME:
            height, width = (int.from_bytes(stream[position + i : position + i + 2], "big") for i in (5, 7))
            return width, height
        position += 2 + int.from_bytes(stream[position + 2 : position + 4], "big")
    return None
