"""A probability map as colour over grey: the surer, the more opaque."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.rendering.canvas import Picture
from models.rendering.lettering import plate, stamp

_STRONGEST_OPACITY = 0.8
_HALF_LIFT = 0.6  # exponent below 1: already a modest probability shows
_BAR_WIDTH_SHARE = 0.6  # of the text size


def blend_heat(picture: Picture, probability: NDArray[np.float32]) -> None:
    """Lay the colours of `probability` (h, w) in 0..1 over `picture` (h, w, 3)."""
    colour, opacity = _tables()
    level = np.asarray(cv2.convertScaleAbs(probability, alpha=255), np.uint8)
    x, y, width, height = cv2.boundingRect(np.take(opacity > 0, level).view(np.uint8))
    level, part = level[y : y + height, x : x + width], picture[y : y + height, x : x + width]
    shown = np.take(opacity, level)[..., None]
    part[:] = (part * (1 - shown) + np.take(colour, level, axis=0) * shown).astype(np.uint8)


def draw_scale(picture: Picture, size: int) -> None:
    """A colour bar along the right edge, with text of `size` pixels: words, since the map is not calibrated."""
    height, width = picture.shape[:2]
    top, bottom = round(height * 0.3), round(height * 0.7)
    bar = max(4, round(size * _BAR_WIDTH_SHARE))
    levels = np.linspace(255, 0, max(1, bottom - top)).astype(np.uint8)
    picture[top : top + len(levels), width - 2 * bar : width - bar] = _tables()[0][levels][:, None]
    for text, y in (("high", top - 2 * size), ("low", bottom + size // 3)):
        layer = plate(text, max(11, size - 2))
        stamp(picture, width - layer[1].shape[1], y, layer)


@cache
def _tables() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colour (256, 3) and opacity (256,) of each level; the first twentieth of the range stays clear."""
    levels = np.arange(256, dtype=np.uint8)
    colour = cv2.applyColorMap(levels[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1]  # OpenCV gives blue first
    share = np.clip((levels / 255 - 0.05) / 0.95, 0, 1)
    return colour.astype(np.float32), (_STRONGEST_OPACITY * share**_HALF_LIFT).astype(np.float32)
