"""Pictures: their size, their pixels as 8-bit RGB, and PNG bytes."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(h, w, 3) red, green, blue, or (h, w) grey."""
Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""

LONGEST_SIDE = 1024
SHORTEST_LONGEST_SIDE = 512
"""A smaller image is enlarged to this, or no label would fit into it."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FILTER_UP, _GREY, _RGB = 2, 0, 2  # PNG specification, sections 9.2 and 11.2.1


def picture_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of every picture of an image, whose longest side ends within 512..1024 pixels."""
    longest = max(width, height)
    scale = np.clip(longest, SHORTEST_LONGEST_SIDE, LONGEST_SIDE) / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def grey_picture(pixels: NDArray[np.float32]) -> Picture:
    """8-bit grey picture of an image (h, w) in 0..1, at its picture size."""
    return np.asarray(cv2.convertScaleAbs(resized(pixels), alpha=255), np.uint8)


def resized(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """An image or a map (h, w) at its picture size."""
    height, width = values.shape
    size = picture_size(width, height)
    if size == (width, height):
        return values
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR))


def in_colour(grey: Picture) -> Picture:
    """The same picture with three channels to draw on."""
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def png(picture: Picture) -> bytes:
    """PNG bytes of a picture, packed for speed rather than size.

    Each row is stored as its difference from the row above (filter 2), at the quickest deflate level: in size as
    OpenCV's encoder at its level 1, in two thirds of the time. Encoding is most of what rendering costs.
    """
    height, width = picture.shape[:2]
    rows = picture.reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _FILTER_UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    colour_type = _GREY if picture.ndim == 2 else _RGB
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.data, 1)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(name))
    return b"".join((struct.pack(">I", len(content)), name, content, struct.pack(">I", checksum)))
