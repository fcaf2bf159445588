"""Lesions drawn in a window, and laid into an image where they may lie."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.fields import Field


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a lesion adds to attenuation, and where it is, both of one window (s, s) around its centre, s odd."""

    added: Field
    region: NDArray[np.bool_]


def window(radius: float, reach: float) -> tuple[Field, Field]:
    """Coordinates (s, s) in radii from the middle of a window that goes `reach` radii of `radius` pixels each way."""
    half = int(np.ceil(radius * reach)) + 4
    line = np.arange(-half, half + 1, dtype=np.float32) / np.float32(radius)
    u, v = np.meshgrid(line, line)
    return np.asarray(u, np.float32), np.asarray(v, np.float32)


def add_at(image: Field, allowed: NDArray[np.bool_], drawn: Drawn, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Add a lesion to `image` (h, w) around one of the `allowed` places (h / k, w / k); returns its region (h, w).

    The region is empty where no place is allowed. What of the window lies outside of the image is cut off.
    """
    region = np.zeros(image.shape, bool)
    places = np.flatnonzero(allowed)
    if len(places):
        scale, half = image.shape[0] // allowed.shape[0], len(drawn.added) // 2
        row, column = (scale * int(i) for i in np.unravel_index(rng.choice(places), allowed.shape))
        top, left = max(0, row - half), max(0, column - half)
        here = np.s_[top : row + half + 1, left : column + half + 1]
        height, width = image[here].shape
        there = np.s_[top - row + half :, left - column + half :]
        image[here] += drawn.added[there][:height, :width]
        region[here] = drawn.region[there][:height, :width]
    return region


def away_from(region: NDArray[np.bool_], distance: float) -> NDArray[np.bool_]:
    """Whatever lies more than `distance` pixels from the region, (h, w)."""
    return np.asarray(cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 3) > distance)
