"""What a page draws over a scan: the regions as vector paths in stored pixels, shown in true proportions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shared.schemas import Finding, ImageInfo, Point, ScanResult

COLOURED_TYPES = frozenset({"glioma", "meningioma", "pituitary"})
"""Types with a colour of their own in viewer.css; all others share one."""
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
        return f"type-{self.finding.label if self.finding.label in COLOURED_TYPES else 'other'}"


@dataclass(frozen=True)
class Drawing:
    """A scan to draw on: `width` x `height` stored pixels, shown as `width` x `shown_height`.

    They differ where rows lie further apart than columns: a unit of the drawing is as long down as across.
    """

    width: int
    height: int
    shown_height: float
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
    stretch = stretch_of(result.image)
    ordered = sorted(result.findings, key=lambda finding: not finding.reported)
    regions = [_region(number, finding, stretch) for number, finding in enumerate(ordered, 1)]
    return Drawing(
        width=result.image.width,
        height=result.image.height,
        shown_height=round(result.image.height * stretch, 3),
        reported=tuple(region for region in regions if region.finding.reported),
        candidates=tuple(region for region in regions if not region.finding.reported),
    )


def stretch_of(image: ImageInfo) -> float:
    """How much longer a pixel is down than across; 1 where the spacing is not known."""
    row, column = image.pixel_spacing_mm or (1.0, 1.0)
    return row / column if row > 0 and column > 0 else 1.0


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


def _region(number: int, finding: Finding, stretch: float) -> Region:
    x0, y0, x1, y1 = finding.box
    bounds = (x0, round(y0 * stretch, 3), x1, round(y1 * stretch, 3))
    return Region(number, finding, outline_path(finding.contour), bounds)


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
