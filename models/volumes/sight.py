"""What is kept of a slice when its turn is over: little, as there may be two thousand of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.analysis import Judged
from models.anatomy import Directions
from models.geometry import Box, oriented
from models.reading import Place
from models.rendering.sheet import TILE_SIDE, tile
from models.report import Finding

GRID_SIDE = 192
"""Masks are compared on a grid of so many cells along the image's longer side."""
LEAST_SCORE = 0.1
"""A candidate that is not reported may still carry a lesion on from slice to slice, from this score up."""
MOST_SPOTS = 12


@dataclass(frozen=True, eq=False)
class Spot:
    """A finding of a slice, the one of this `index` there, its contour kept as `mask` (bool) of `cells` on the grid.

    outline: float32 (n, 2) in stored pixels of the slice, thinned out.
    """

    index: int
    finding: Finding
    cells: Box
    mask: NDArray[np.bool_]
    outline: NDArray[np.float32]

    def share_with(self, other: Spot) -> float:
        """How much of the smaller of two spots, on slices of one shape, lies over the other."""
        x0, y0 = (max(a, b) for a, b in zip(self.cells[:2], other.cells[:2], strict=True))
        x1, y1 = (min(a, b) for a, b in zip(self.cells[2:], other.cells[2:], strict=True))
        if x0 >= x1 or y0 >= y1:
            return 0.0
        common = np.count_nonzero(self._part(x0, y0, x1, y1) & other._part(x0, y0, x1, y1))
        return float(common / min(np.count_nonzero(self.mask), np.count_nonzero(other.mask)))

    def _part(self, x0: int, y0: int, x1: int, y1: int) -> NDArray[np.bool_]:
        left, top = self.cells[:2]
        return self.mask[y0 - top : y1 - top, x0 - left : x1 - left]


@dataclass(frozen=True, eq=False)
class Sight:
    """One analysed slice: its index in the volume, where it lies, its probability and urgency, and what was found.

    picture: uint8 (h, w) as displayed, for the sheet. spacing_mm: of (rows, columns).
    """

    index: int
    place: Place
    probability: float
    urgency: float
    spots: tuple[Spot, ...]
    picture: NDArray[np.uint8]
    stored_size: tuple[int, int]
    orientation: int
    spacing_mm: tuple[float, float] | None
    directions: Directions | None


def sight_of(index: int, place: Place, judged: Judged) -> Sight:
    """What is kept of a judged slice."""
    scan, report = judged.prepared.scan, judged.report
    height, width = scan.pixels.shape
    counting = [
        (number, finding)
        for number, finding in enumerate(report.findings)
        if finding.reported or finding.score >= LEAST_SCORE
    ]
    return Sight(
        index=index,
        place=place,
        probability=report.tumor_probability or 0.0,
        urgency=report.urgency or 0.0,
        spots=tuple(_spot(number, finding, max(width, height)) for number, finding in counting[:MOST_SPOTS]),
        picture=np.ascontiguousarray(oriented(tile(scan.pixels), scan.orientation)),
        stored_size=(width, height),
        orientation=scan.orientation,
        spacing_mm=scan.spacing_mm,
        directions=scan.directions,
    )


def _spot(number: int, finding: Finding, longer_side: int) -> Spot:
    contour = np.array(finding.contour, np.float32)
    points = np.floor((contour + 0.5) * (GRID_SIDE / max(longer_side, GRID_SIDE))).astype(np.int32)
    x, y, width, height = cv2.boundingRect(points)
    mask = cv2.fillPoly(np.zeros((height, width), np.uint8), [points - (x, y)], 1).astype(bool)
    step = max(1, round(longer_side / TILE_SIDE / 2))
    return Spot(number, replace(finding, contour=()), (x, y, x + width, y + height), mask, contour[::step])
