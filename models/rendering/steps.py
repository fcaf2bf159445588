"""The preprocessing steps as pictures, from the raw scan to what the network receives."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.geometry import oriented
from models.preprocessing import Prepared
from models.rendering.canvas import Picture, fitted, grey_bytes, grey_picture, grey_png
from models.rendering.lettering import plate

PANEL_SIDE = 192
_GAP = 8
_CAPTION_SIZE, _CAPTION_HEIGHT = 18, 34  # legible too where a page shows the strip at half its size


def render_steps(prepared: Prepared) -> Iterator[tuple[str, bytes]]:
    """(name, PNG bytes) of each step, in order."""
    for name, pixels in _steps(prepared):
        yield name, grey_png(grey_picture(pixels))


def render_step_strip(prepared: Prepared) -> bytes:
    """All steps side by side on black, in order, each with its name above it, as PNG bytes."""
    panels = [_panel(f"{number}  {name}", pixels) for number, (name, pixels) in enumerate(_steps(prepared), 1)]
    gap = np.zeros((panels[0].shape[0], _GAP), np.uint8)
    return grey_png(np.hstack([part for panel in panels for part in (gap, panel)][1:]))


def _steps(prepared: Prepared) -> Iterator[tuple[str, NDArray[np.float32]]]:
    steps = prepared.steps
    yield "raw", oriented(prepared.scan.pixels, prepared.scan.orientation)
    yield "cropped", steps.cropped
    yield "denoised", steps.denoised
    yield "enhanced", steps.enhanced
    yield "normalised", steps.normalised


def _panel(text: str, pixels: NDArray[np.float32]) -> Picture:
    """A step in the middle of a square on black, below its caption."""
    image = grey_bytes(fitted(pixels, PANEL_SIDE))
    panel = np.zeros((_CAPTION_HEIGHT + PANEL_SIDE, PANEL_SIDE), np.uint8)
    panel[:_CAPTION_HEIGHT] = _caption(text)
    top = _CAPTION_HEIGHT + (PANEL_SIDE - image.shape[0]) // 2
    left = (PANEL_SIDE - image.shape[1]) // 2
    panel[top : top + image.shape[0], left : left + image.shape[1]] = image
    return panel


@cache
def _caption(text: str) -> Picture:
    """A line of text, white on black; the same few for all scans."""
    letters = plate(text, _CAPTION_SIZE)[0][:_CAPTION_HEIGHT, :PANEL_SIDE, 0]
    strip = np.zeros((_CAPTION_HEIGHT, PANEL_SIDE), np.uint8)
    strip[: letters.shape[0], : letters.shape[1]] = letters
    return strip
