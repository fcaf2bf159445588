"""Pictures: their size, their pixels as 8-bit RGB, and PNG bytes."""

from __future__ import annotations

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
THUMBNAIL_SIDE = 192
"""Twice what a worklist shows, for dense screens."""


def picture_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of every picture of an image, whose longest side ends within 512..1024 pixels."""
    longest = max(width, height)
    scale = np.clip(longest, SHORTEST_LONGEST_SIDE, LONGEST_SIDE) / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def grey_picture(pixels: NDArray[np.float32]) -> Picture:
    """8-bit grey picture of an image (h, w) in 0..1, at its picture size."""
    return grey_bytes(resized(pixels))


def resized(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """An image or a map (h, w) at its picture size."""
    height, width = values.shape
    size = picture_size(width, height)
    if size == (width, height):
        return values
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR))


def thumbnail(pixels: NDArray[np.float32]) -> Picture:
    """8-bit grey picture of an image (h, w) in 0..1, its longest side `THUMBNAIL_SIDE`."""
    return grey_bytes(fitted(pixels, THUMBNAIL_SIDE))


def grey_bytes(values: NDArray[np.float32]) -> Picture:
    """0..1 as 0..255."""
    return np.asarray(cv2.convertScaleAbs(values, alpha=255), np.uint8)


def fitted(values: NDArray[np.float32], longest: int) -> NDArray[np.float32]:
    """An image (h, w) with its longest side made `longest` pixels."""
    height, width = values.shape
    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def in_colour(grey: Picture) -> Picture:
    """The same picture with three channels to draw on."""
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def png(picture: Picture) -> bytes:
    """PNG bytes of a picture, packed for speed rather than size."""
    pixels = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return _encoded(np.asarray(pixels, np.uint8), cv2.IMWRITE_PNG_STRATEGY_DEFAULT)


def grey_png(picture: Picture) -> bytes:
    """PNG bytes of a grey picture of tissue: its noise repeats nowhere, so looking for repeats costs time and space."""
    return _encoded(picture, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY)


def _encoded(pixels: Picture, strategy: int) -> bytes:
    level, row_filter = (cv2.IMWRITE_PNG_COMPRESSION, 1), (cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)
    _, data = cv2.imencode(".png", pixels, (*level, *row_filter, cv2.IMWRITE_PNG_STRATEGY, strategy))
    return data.tobytes()
