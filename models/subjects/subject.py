"""What of an image shows the part of the body that a network judges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.geometry import Box


@dataclass(frozen=True, eq=False)
class Subject:
    """The part of the body in an image as displayed, (h, w).

    box: its bounds (x0, y0, x1, y1).
    tissue: bool (h, w), or None for all; everything else (labels, strips, markers) is black to the network.
    field: bool (h, w), or None for all; where a finding can lie. A candidate whose centre lies outside is dropped.
    mirrored: the network sees it mirrored left to right, so that all that it sees lie on one side.
    inverted: the image is a negative and does not say so; the network sees what it should have been.
    """

    box: Box
    tissue: NDArray[np.bool_] | None = None
    field: NDArray[np.bool_] | None = None
    mirrored: bool = False
    inverted: bool = False

    @property
    def longer_side(self) -> float:
        """Of the box, in displayed pixels."""
        x0, y0, x1, y1 = self.box
        return float(max(x1 - x0, y1 - y0))


def whole_image(upright: NDArray[np.float32]) -> Subject:
    """The subject of an image (h, w) in which none stands out: all of it."""
    height, width = upright.shape
    return Subject((0, 0, width, height))


def bounds(mask: NDArray[np.bool_]) -> Box:
    """The bounding box (x0, y0, x1, y1) of a mask (h, w) that is not empty."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
