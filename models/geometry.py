"""Where a pixel of the network's input lies in the stored image."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def oriented(pixels: NDArray[T], orientation: int) -> NDArray[T]:
    """The stored image (h, w, ...) as a viewer shows it under an EXIF orientation 1..8."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def inverse_orientation(orientation: int) -> int:
    """The orientation that undoes `orientation`."""
    return {6: 8, 8: 6}.get(orientation, orientation)
