"""What a page draws over a scan: the regions as vector paths in stored pixels, shown in true proportions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shared.alerting.rule import LABELS
from shared.schemas import Finding, ImageInfo, Point, ScanResult

COLOURED_TYPES = frozenset(LABELS)
"""Types with a colour in viewer.css; all others share one."""
Matrix = tuple[float, float, float, float, float, float]
ROUNDING_PIXELS = 1.5
"""How much of a contour's edge a rounded corner takes at most: the staircase of pixels goes, the shape stays."""


@dataclass(frozen=True)
class Region:
    """A finding with its number, its outline as SVG path data (stored pixels) and its bounds on the drawing."""

    number: int
    finding: Finding
    path: str
    bounds: tuple[float, float, float, float]

    @property
    def colour(self) -> str:
        """The CSS class of its type."""
        label = self.finding.label
        return f"type-{label.replace(' ', '-') if label in COLOURED_TYPES else 'other'}"


@dataclass(frozen=True)
class Drawing:
    """A scan to draw on: `width` x `height` stored pixels, shown as `shown_width` x `shown_height` by `matrix`.

    They differ where rows lie further apart than columns (a unit of the drawing is as long down as across), and where
    a viewer turns the image.
    """

    width: int
    height: int
    shown_width: float
    shown_height: float
    matrix: Matrix
    reported: tuple[Region, ...]
    candidates: tuple[Region, ...]

    @property
    def regions(self) -> tuple[Region, ...]:
        """All of them, reported ones first."""
        return self.reported + self.candidates


def drawing_of(result: ScanResult) -> Drawing | None:
    """The drawing of a scan that is done, numbered from 1, reported findings before the others; else None."""
    if result.image is None:
        return None
    matrix = matrix_of(result.image)
    width, height = result.image.width, result.image.height
    x0, y0, x1, y1 = _shown((0, 0, width, height), matrix)
    ordered = sorted(result.findings, key=lambda finding: not finding.reported)
    regions = [_region(number, finding, matrix) for number, finding in enumerate(ordered, 1)]
    return Drawing(
        width=width,
        height=height,
        shown_width=x1 - x0,
        shown_height=y1 - y0,
        matrix=matrix,
        reported=tuple(region for region in regions if region.finding.reported),
        candidates=tuple(region for region in regions if not region.finding.reported),
    )


def stretch_of(image: ImageInfo) -> float:
    """How much longer a pixel is down than across, by its spacing, else by what is stated of its shape alone."""
    row, column = image.pixel_spacing_mm or (image.pixel_aspect, 1.0)
    return row / column if row > 0 and column > 0 else 1.0


def matrix_of(image: ImageInfo) -> Matrix:
    """SVG's matrix(a, b, c, d, e, f) from stored pixels to the drawing: stretched, then turned by the orientation."""
    stretch = stretch_of(image)
    width, height = float(image.width), round(image.height * stretch, 3)
    if image.orientation < 5:
        across, down = (1.0, 0.0), (0.0, stretch)
    else:
        across, down = (0.0, 1.0), (stretch, 0.0)
        width, height = height, width
    left, top = 0.0, 0.0
    if image.orientation in {3, 4, 7, 8}:
        across, down, top = (across[0], -across[1]), (down[0], -down[1]), height
    if image.orientation in {2, 3, 6, 7}:
        across, down, left = (-across[0], across[1]), (-down[0], down[1]), width
    return (*across, *down, left, top)


def outline_path(contour: Sequence[Point]) -> str:
    """SVG path data of a closed contour through pixel centres, its corners slightly rounded."""
    points = [(x + 0.5, y + 0.5) for x, y in contour]
    if len(points) < 3:
        return _speck(points)
    pieces: list[str] = []
    for before, corner, after in zip([points[-1], *points[:-1]], points, [*points[1:], points[0]], strict=True):
        start, end = _towards(corner, before), _towards(corner, after)
        pieces.append(f"{'L' if pieces else 'M'}{_pair(start)}Q{_pair(corner)} {_pair(end)}")
    return "".join(pieces) + "Z"


def _region(number: int, finding: Finding, matrix: Matrix) -> Region:
    return Region(number, finding, outline_path(finding.contour), _shown(finding.box, matrix))


def _shown(box: tuple[int, int, int, int], matrix: Matrix) -> tuple[float, float, float, float]:
    """The box that a box of stored pixels takes on the drawing."""
    a, b, c, d, e, f = matrix
    x0, x1 = sorted(round(a * x + c * y + e, 3) for x, y in (box[:2], box[2:]))
    y0, y1 = sorted(round(b * x + d * y + f, 3) for x, y in (box[:2], box[2:]))
    return x0, y0, x1, y1


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The point where the rounding of `corner` begins, on the edge to `other`."""
    length = math.dist(corner, other)
    share = min(0.5, ROUNDING_PIXELS / length) if length else 0.0
    return corner[0] + share * (other[0] - corner[0]), corner[1] + share * (other[1] - corner[1])


def _speck(points: Sequence[tuple[float, float]]) -> str:
    """A contour of one or two pixels encloses nothing: a square around each."""
    return "".join(f"M{_pair((x - 0.5, y - 0.5))}h1v1h-1Z" for x, y in points)


def _pair(point: tuple[float, float]) -> str:
    return f"{point[0]:.2f} {point[1]:.2f}"
