"""Text on pictures: legible on bright and on dark, because it brings its own dark plate."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.rendering.canvas import Colour, Picture

_PLATE_OPACITY = 0.72
_WHITE: Colour = (255, 255, 255)
_SWATCH_SHARE = 0.35  # of the text size


def text_size(picture: Picture) -> int:
    """Height in pixels that suits a picture."""
    return int(np.clip(round(min(picture.shape[:2]) * 0.03), 12, 22))


@lru_cache(maxsize=256)
def plate(text: str, size: int, swatch: Colour | None = None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A text plate as colour (h, w, 3) and opacity (h, w, 1), with a bar of the `swatch` colour at its left."""
    font = ImageFont.load_default(size)
    _, top, _, bottom = font.getbbox("Ag" + text)  # "Ag": plates of one size are of one height
    text_width, margin = font.getlength(text), max(2, size // 3)
    bar = round(size * _SWATCH_SHARE) if swatch else 0
    shape = (round(bottom - top) + 2 * margin - margin // 2, round(text_width) + 2 * margin + bar)
    letters = Image.new("L", shape[::-1])
    ImageDraw.Draw(letters).text((margin + bar, margin - margin // 4 - top), text, fill=255, font=font)
    ink = np.asarray(letters, np.float32)[..., None] / np.float32(255)
    colour = ink * np.array(_WHITE, np.float32)
    opacity = np.maximum(ink, np.float32(_PLATE_OPACITY))
    if swatch:
        colour[:, :bar], opacity[:, :bar] = swatch, 1
    return colour, opacity


def stamp(picture: Picture, x: int, y: int, layer: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    """Blend a plate into `picture` with its top-left corner at (x, y); what lies outside is cut off."""
    colour, opacity = layer
    height, width = opacity.shape[:2]
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + height, picture.shape[0]), min(x + width, picture.shape[1])
    if top >= bottom or left >= right:
        return
    cut = np.s_[top - y : bottom - y, left - x : right - x]
    under = picture[top:bottom, left:right]
    under[:] = (under * (1 - opacity[cut]) + colour[cut] * opacity[cut]).astype(np.uint8)


def stamp_corner(picture: Picture, text: str) -> tuple[int, int, int, int]:
    """Write a line into the lower left corner; gives the box it takes."""
    layer = plate(text, max(11, round(text_size(picture) * 0.8)))
    height, width = layer[1].shape[:2]
    stamp(picture, 0, picture.shape[0] - height, layer)
    return 0, picture.shape[0] - height, width, picture.shape[0]
