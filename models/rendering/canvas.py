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
    """PNG bytes of a picture, packed for speed rather than size."""
    pixels = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(
        ".png", pixels, (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)
    )
    return data.tobytes()
