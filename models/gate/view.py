"""What the gate sees of a scan: the whole image as displayed, small, square and stretched."""

from __future__ import annotations

import cv2
import numpy as np

SIZE = 128
_IMAGENET_MEAN, _IMAGENET_DEVIATION = 0.449, 0.226  # of grey values, over the three channels
_PERCENTILES = (1, 99.5)


def view_of(displayed: np.ndarray) -> np.ndarray:
    """float32 (SIZE, SIZE), about -2..2, from an image as displayed, float32 (height, width) in 0..1.

    The longer side fills the square, the rest is black; contrast is stretched, so that no scanner's window matters.
    """
    height, width = displayed.shape
    scale = SIZE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(displayed, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    low, high = np.percentile(small, _PERCENTILES)
    square = np.zeros((SIZE, SIZE), np.float32)
    top, left = (SIZE - size[1]) // 2, (SIZE - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = np.clip((small - low) / max(float(high - low), 1e-3), 0, 1)
    return np.asarray((square - _IMAGENET_MEAN) / _IMAGENET_DEVIATION, np.float32)
