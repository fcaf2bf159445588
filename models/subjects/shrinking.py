"""To a size at which an outline is found in milliseconds, and back."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def shrunk(image: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """`image` (h, w), slightly blurred, its longer side `side` pixels at most."""
    step = max(1, max(image.shape) // (4 * side))  # of a large image, one pixel in `step` is enough
    coarse = np.ascontiguousarray(image[::step, ::step])
    scale = side / max(coarse.shape)
    if scale < 1:
        coarse = np.asarray(cv2.resize(coarse, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cv2.GaussianBlur(coarse, (3, 3), 0), np.float32)


def enlarged(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """`mask` at `shape` (h, w), its outline smooth."""
    grey = mask.astype(np.uint8) * 255
    return np.asarray(cv2.resize(grey, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) > 127)
