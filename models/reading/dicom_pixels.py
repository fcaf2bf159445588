"""Where the pixels of each frame lie in a DICOM file; they are read one frame at a time."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.pixels.utils import get_expected_length

from models.reading.content import Content
from models.reading.dicom_header import PIXEL_KEYWORDS

_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD
_HEAD_BYTES = 8
_SLACK_BYTES = 65_536
_MOST_FRAGMENTS = 200_000
Stretch = tuple[int, int]
"""Start and length of bytes in a file."""


@dataclass(frozen=True)
class FramePixels:
    """The pixels of a file, frame by frame. `frames`: the stretches that make up each."""

    content: Content
    keyword: str
    representation: str
    frames: tuple[tuple[Stretch, ...], ...]

    def read(self, index: int) -> bytes:
        """The bytes of one frame; fewer than promised where the file ends before."""
        return b"".join(self.content.read(start, length) for start, length in self.frames[index])


def find_pixels(header: Dataset, content: Content, frames: int) -> FramePixels:
    """Where the pixels of `frames` frames lie. `header` counts one frame. Raises ValueError where they are damaged."""
    keyword = next(keyword for keyword in PIXEL_KEYWORDS if keyword in header)
    element = header.get_item(keyword, keep_deferred=True)
    if not isinstance(element, RawDataElement):
        raise ValueError("its pixels are not one value")
    length = get_expected_length(header)
    if header.file_meta.TransferSyntaxUID.is_encapsulated:
        found = _encapsulated(header, content, element.value_tell, frames)
        if any(sum(size for _, size in frame) > 2 * length + _SLACK_BYTES for frame in found):
            raise ValueError("the compressed pixels are longer than uncompressed ones could be")
    elif frames == 1:
        found = (((element.value_tell, min(element.length, 2 * length + _SLACK_BYTES)),),)
    else:
        found = _native(header, element, length, frames)
    return FramePixels(content, keyword, element.VR or "OW", found)


def _native(header: Dataset, element: RawDataElement, length: int, frames: int) -> tuple[tuple[Stretch, ...], ...]:
    if header.BitsAllocated == 1:
        raise ValueError("its frames are masks of one bit, not images")
    if length * frames > element.length:
        raise ValueError(f"the pixels of {frames} frames need {length * frames} bytes, and it has {element.length}")
    return tuple(((element.value_tell + i * length, length),) for i in range(frames))


def _encapsulated(header: Dataset, content: Content, start: int, frames: int) -> tuple[tuple[Stretch, ...], ...]:
    """Fragments by frame (PS3.5 A.4): one each, or as one of the two offset tables says."""
    items = _items(content, start)
    if len(items) < 2:
        raise ValueError("it holds no compressed pixels")
    table, fragments = items[0], tuple(items[1:])
    if frames == 1:
        return (fragments,)
    if len(fragments) == frames:
        return tuple((fragment,) for fragment in fragments)
    offsets = _offsets(header, content.read(*table), frames)
    if len(offsets) != frames or list(offsets) != sorted(offsets):
        raise ValueError(f"its {len(fragments)} pieces of compressed pixels cannot be told apart as {frames} frames")
    origin = fragments[0][0] - _HEAD_BYTES
    bounds = [*offsets, fragments[-1][0] + fragments[-1][1] - origin]
    return tuple(
        tuple(f for f in fragments if low <= f[0] - _HEAD_BYTES - origin < high) for low, high in pairwise(bounds)
    )


def _offsets(header: Dataset, basic: bytes, frames: int) -> tuple[int, ...]:
    """Where each frame begins, from the first fragment's item on."""
    extended = header.get("ExtendedOffsetTable")
    if extended and len(extended) == 8 * frames:
        return struct.unpack(f"<{frames}Q", extended)
    return struct.unpack(f"<{len(basic) // 4}I", basic[: len(basic) // 4 * 4])


def _items(content: Content, start: int) -> list[Stretch]:
    """The items of an encapsulated element: the basic offset table first. Ends at the delimiter, or with the file."""
    items: list[Stretch] = []
    while len(items) <= _MOST_FRAGMENTS:
        head = content.read(start, _HEAD_BYTES)
        if len(head) < _HEAD_BYTES:
            raise ValueError("its compressed pixels end too early")
        group, element, length = struct.unpack("<HHI", head)
        if group << 16 | element == _SEQUENCE_END:
            return items
        if group << 16 | element != _ITEM:
            raise ValueError("its compressed pixels are not divided into items")
        items.append((start + _HEAD_BYTES, length))
        start += _HEAD_BYTES + length
    raise ValueError(f"its compressed pixels are cut into more than {_MOST_FRAGMENTS:,} pieces")
