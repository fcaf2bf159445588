"""A drawing of the chest as a frontal X-ray shows it, to be laid over one until it fits.

Coordinates are of the lungs' box: (0, 0) its upper left corner, (1, 1) its lower right one. Read off the mean of 109
simulated X-rays that an earlier drawing had been fitted to; the left lung is on the right of the image.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Outline = tuple[tuple[float, float], ...]

BESIDE, ABOVE, BELOW = 0.10, 0.08, 0.20
"""How far the drawing reaches beyond the box, in its widths and heights: what surrounds the lungs tells them apart."""

# fmt: off
RIGHT_LUNG: Outline = (
    (0.33, 0.00), (0.27, 0.02), (0.17, 0.13), (0.12, 0.25), (0.07, 0.45), (0.04, 0.68), (0.01, 0.86), (0.00, 0.95),
    (0.07, 0.91), (0.17, 0.87), (0.30, 0.89), (0.39, 0.97), (0.41, 0.91), (0.41, 0.54), (0.42, 0.27), (0.41, 0.13),
    (0.39, 0.03),
)
LEFT_LUNG: Outline = (
    (0.65, 0.00), (0.73, 0.02), (0.83, 0.13), (0.88, 0.25), (0.93, 0.45), (0.96, 0.68), (0.99, 0.86), (1.00, 0.95),
    (0.91, 0.91), (0.83, 0.87), (0.76, 0.74), (0.68, 0.59), (0.61, 0.45), (0.59, 0.27), (0.59, 0.13), (0.60, 0.03),
)
HEART: Outline = (
    (0.41, 0.54), (0.61, 0.45), (0.68, 0.59), (0.76, 0.74), (0.82, 0.87), (0.68, 0.95), (0.50, 1.00), (0.39, 0.97),
)
SPINE: Outline = ((0.44, -0.28), (0.57, -0.28), (0.59, 0.54), (0.58, 1.46), (0.45, 1.46), (0.44, 0.54))
RIBS: Outline = (
    (0.32, -0.07), (0.14, 0.03), (0.05, 0.17), (0.00, 0.40), (-0.04, 0.63), (-0.06, 0.91), (-0.06, 0.93),
    (1.06, 0.93), (1.06, 0.91), (1.04, 0.63), (1.00, 0.40), (0.94, 0.17), (0.85, 0.03), (0.67, -0.07),
)
FIELD: Outline = (
    (0.24, -0.05), (0.10, 0.09), (0.01, 0.30), (-0.04, 0.60), (-0.06, 0.95), (-0.04, 1.03), (0.08, 1.06),
    (0.92, 1.06), (1.04, 1.03), (1.06, 0.95), (1.04, 0.60), (0.99, 0.30), (0.90, 0.09), (0.76, -0.05),
)
"""Where a nodule of the lungs projects: both, what lies between them, and what hangs down behind the diaphragm."""
# fmt: on

SOFT_TISSUE = 0.60
PARTS = ((RIBS, 0.85), (HEART, 0.45), (SPINE, 1.00), (RIGHT_LUNG, 0.12), (LEFT_LUNG, 0.12))
"""Each part's grey value; later ones lie on top."""


@lru_cache(maxsize=512)
def drawing(width: float, height: float) -> NDArray[np.float32]:
    """The chest with lungs of `width` x `height` pixels, and what surrounds them, in 0..1."""
    size = (round(width * (1 + 2 * BESIDE)), round(height * (1 + ABOVE + BELOW)))
    canvas = np.full(size[::-1], round(SOFT_TISSUE * 255), np.uint8)
    for outline, grey in PARTS:
        filled(canvas, outline, (BESIDE * width, ABOVE * height, width, height), round(grey * 255))
    return canvas.astype(np.float32) / np.float32(255)


def filled(canvas: NDArray[np.uint8], outline: Outline, box: tuple[float, float, float, float], value: int) -> None:
    """`value` wherever the outline lies when (0, 0) is at the box's (x, y) and (1, 1) its width and height further."""
    fraction = 4  # bits
    points = (np.array(outline) * box[2:] + box[:2] - 0.5) * 2**fraction
    cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], value, cv2.LINE_AA, fraction)
