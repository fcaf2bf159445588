"""The same scan at any matrix and within any border: its finding lies at the same place of the head, equally large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.evaluation.outcomes import overlap_of
from models.geometry import Box
from models.pipeline import Pipeline, Source
from models.report import Finding, Kind, Report
from models.synthetic import LesionType, SyntheticScan, draw_slice

SQUARE = 512  # as drawn
# (height, width): the scan fills the shorter side; the rest is black, a third of it above or on the left.
SHAPES = [(128, 128), (512, 512), (2048, 2048), (129, 257), (701, 1031), (2047, 1201), (640, 1601)]


@dataclass(frozen=True, eq=False)
class Placed:
    """A scan on another matrix, and where it lies there: `side` pixels long, from `corner` (x, y) on."""

    pixels: np.ndarray
    side: int
    corner: tuple[int, int]

    @property
    def scale(self) -> float:
        return self.side / SQUARE

    def drawn(self, box: Box) -> Box:
        """A box in it, as a box of the scan as drawn."""
        x, y = self.corner
        x0, y0, x1, y1 = (round((v - o) / self.scale) for v, o in zip(box, (x, y, x, y), strict=True))
        return x0, y0, x1, y1


def placed(scan: SyntheticScan, shape: tuple[int, int]) -> Placed:
    side = min(shape)
    how = cv2.INTER_AREA if side < SQUARE else cv2.INTER_CUBIC
    x, y = (shape[1] - side) // 3, (shape[0] - side) // 3
    pixels = np.zeros(shape, np.uint8)
    pixels[y : y + side, x : x + side] = cv2.resize(np.asarray(scan.pixels), (side, side), interpolation=how)
    return Placed(pixels, side, (x, y))


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with Pipeline.load("litert") as loaded:
        yield loaded


@pytest.fixture(scope="module", params=[(0, LesionType.GLIOMA), (7, LesionType.PITUITARY)], ids=lambda p: p[1])
def scan(request: pytest.FixtureRequest) -> SyntheticScan:
    seed, lesion = request.param
    return draw_slice(seed, lesion, size=SQUARE)


def read(pipeline: Pipeline, pixels: np.ndarray, folder: Path) -> Report:
    """Its kind is named, as other tests have what the gate makes of borders."""
    cv2.imwrite(str(folder / "scan.png"), pixels)
    [analysis] = pipeline.analyse([Source("scan", folder / "scan.png", Kind.BRAIN_MRI)])
    return analysis.report


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_finding_lies_at_the_same_place_whatever_the_matrix(
    pipeline: Pipeline, scan: SyntheticScan, shape: tuple[int, int], tmp_path: Path
) -> None:
    [lesion] = scan.lesions
    elsewhere = placed(scan, shape)
    report = read(pipeline, elsewhere.pixels, tmp_path)
    assert report.findings, report.reason
    best = report.findings[0]
    assert best.reported
    assert best.label == lesion.label
    assert overlap_of(elsewhere.drawn(best.box), lesion.box) > 0.8
    assert longest(best) / elsewhere.scale == pytest.approx(longest_side(lesion.mask), rel=0.12)
    assert shared(best, lesion.mask, elsewhere) > 0.8


def longest(finding: Finding) -> float:
    assert finding.measurements.unit == "px"
    return finding.measurements.longest_diameter


def longest_side(mask: np.ndarray) -> float:
    """Between the two pixels of the mask that lie farthest apart."""
    points = np.argwhere(mask).astype(float)
    hull = cv2.convexHull(points.astype(np.float32))[:, 0]
    return float(np.linalg.norm(hull[:, None] - hull[None], axis=-1).max()) + 1


def shared(finding: Finding, mask: np.ndarray, elsewhere: Placed) -> float:
    """Dice of the contour, brought back, with the lesion as it was drawn."""
    points = (np.array(finding.contour) + 0.5 - elsewhere.corner) / elsewhere.scale - 0.5
    filled = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [np.rint(points).astype(np.int32)], 1).astype(bool)
    return float(2 * (filled & mask).sum() / (filled.sum() + mask.sum()))
