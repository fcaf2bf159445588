"""How large and how small an image may be."""

from __future__ import annotations

from models.errors import ScanRejectedError

MIN_SIDE = 32
"""Pixels; below that nothing can be found in an image."""


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise ScanRejectedError for sizes that are not analysed; call it with the header's size, before decoding."""
    if width < MIN_SIDE or height < MIN_SIDE:
        raise ScanRejectedError(
            f"The image is too small: {width} x {height} pixels; at least {MIN_SIDE} x {MIN_SIDE} are needed."
        )
    if width * height > max_pixels:
        raise ScanRejectedError(
            f"The image is too large: {width} x {height} pixels; at most {max_pixels:,} pixels are read."
        )
