"""Run the pipeline, as users do, over annotated records and hold each result against the truth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.collections import Record, read_outline, truth_mask
from models.collections.hits import HIT_IOU, is_lesion, shared_with_truth
from models.errors import EvaluationError, ScanRejectedError
from models.geometry import Box, oriented
from models.pipeline import Pipeline
from models.pipeline import Source as ScanSource
from models.presets import BRAIN_MRI
from models.reading import read_scan
from models.report import Finding, Kind, Report, Status
from models.subjects.head import head_box


@dataclass(frozen=True, eq=False)
class Outcome:
    """One record with what the pipeline said of it.

    truth_box: of the tumour, stored pixels; dice: only where the truth is an outline; diameter_mm: of the disc with
    the tumour's area, in a head taken as 200 mm wide where the pixel spacing is not known; of X-rays, where nothing is
    of one size, only where it is. All three are None where
    nothing says where the tumour is, and where hits are by centre, lesion by lesion. hits: of each finding, whether it
    is a tumour (see `models.collections.hits`), or None where that cannot be said.
    """

    record: Record
    report: Report
    truth_box: Box | None
    dice: float | None
    diameter_mm: float | None = None
    hits: tuple[bool | None, ...] = ()

    @property
    def source(self) -> str:
        """The collection that it comes from."""
        return self.record.source

    @property
    def best(self) -> Finding | None:
        """The best finding, reported or not."""
        return self.report.findings[0] if self.report.findings else None

    @property
    def said(self) -> str:
        """The best finding's type; 'none' where nothing was found."""
        return self.best.label if self.best else "none"

    @property
    def typed_right(self) -> bool:
        """The best finding has the true type; nothing found is wrong."""
        return self.best is not None and self.best.label == self.record.label

    @property
    def confidence(self) -> float:
        """The probability of the type that was said; 0 where nothing was found."""
        return max(self.best.probabilities.values()) if self.best else 0.0

    @property
    def tumour_probability(self) -> float:
        """Of a tumour in the image; 0 where the image was refused."""
        return self.report.tumor_probability or 0.0

    @property
    def malignant_probability(self) -> float:
        """Of a malignant finding in the image: the most that any finding is both a tumour and malignant."""
        return max((f.score * f.malignancy.probability for f in self.report.findings), default=0.0)

    @property
    def reported(self) -> tuple[Finding, ...]:
        """The findings that a reader is shown."""
        return tuple(finding for finding in self.report.findings if finding.reported)

    @property
    def reported_not_benign(self) -> tuple[Finding, ...]:
        """Those of them that may be malignant."""
        return tuple(finding for finding in self.reported if finding.malignancy.label != "benign")

    @property
    def refused(self) -> bool:
        """The pipeline did not take it for a scan that it knows."""
        return self.report.status is Status.REJECTED


def run_outcomes(pipeline: Pipeline, records: Sequence[Record]) -> Iterator[Outcome]:
    """One outcome for each record, in order, as soon as it is there.

    Raises EvaluationError where the pipeline failed: no figure may hide that. A refused record has a rejected report.
    """
    heads = pipeline.kinds == (Kind.BRAIN_MRI,)
    sources = (ScanSource(str(i), record.image) for i, record in enumerate(records))
    for record, analysis in zip(records, pipeline.analyse(sources), strict=True):
        if analysis.report.status is Status.FAILED:
            raise EvaluationError(f"{record.image} cannot be judged. {analysis.report.reason}")
        yield _outcome(record, analysis.report, heads)


def counted(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that figures are over: a refused tumour was missed, a refused tumour-free image did no harm."""
    return [o for o in outcomes if o.record.tumour or not o.refused]


def _outcome(record: Record, report: Report, heads: bool) -> Outcome:
    if record.by_centre:
        return Outcome(record, report, None, None, hits=tuple(is_lesion(record, f.box) for f in report.findings))
    nowhere = Outcome(record, report, None, None, hits=(False,) * len(report.findings))
    if not record.tumour:
        return nowhere
    truth, outlined = truth_mask(record, _stored_shape(record, report)), record.mask is not None
    if not truth.any():
        return nowhere
    regions = [_filled([finding], truth.shape) for finding in report.findings]
    hits = tuple(shared_with_truth(region, truth, outlined) >= HIT_IOU for region in regions)
    dice = dice_of(reported_mask(report, truth.shape), truth) if outlined else None
    return Outcome(record, report, _bounds(truth), dice, _diameter_mm(record, truth, heads), hits)


def _stored_shape(record: Record, report: Report) -> tuple[int, ...]:
    """Of a file that cannot be read: as large as the truth is, for its tumour counts as missed."""
    if report.image is not None:
        return report.image.height, report.image.width
    try:
        return tuple(read_scan(record.image).pixels.shape)
    except ScanRejectedError:
        if record.mask is not None:
            return tuple(read_outline(record.mask).shape)
        boxes = [lesion.box for lesion in record.lesions]
        return max((box[3] for box in boxes), default=0), max((box[2] for box in boxes), default=0)


def _bounds(truth: np.ndarray) -> Box:
    x, y, width, height = cv2.boundingRect(truth.astype(np.uint8))
    return x, y, x + width, y + height


def _diameter_mm(record: Record, truth: np.ndarray, heads: bool) -> float | None:
    """A box holds an ellipse: pi / 4 of its area."""
    area = float(truth.sum()) * (1.0 if record.mask is not None else math.pi / 4)
    mm_per_pixel = record.mm_per_pixel or _mm_per_pixel(record, heads)
    return 2 * math.sqrt(area / math.pi) * mm_per_pixel if mm_per_pixel else None


def _mm_per_pixel(record: Record, heads: bool) -> float | None:
    """By the file, else by the head, if it is to show one; None of a file that cannot be read."""
    try:
        scan = read_scan(record.image)
    except ScanRejectedError:
        return None
    if scan.spacing_mm:
        return math.sqrt(scan.spacing_mm[0] * scan.spacing_mm[1])
    if not heads:
        return None
    x0, y0, x1, y1 = head_box(oriented(scan.pixels, scan.orientation))
    return BRAIN_MRI.typical_mm / max(x1 - x0, y1 - y0)


def reported_mask(report: Report, shape: tuple[int, ...]) -> np.ndarray:
    """The union of the reported findings' contours, filled; bool (height, width)."""
    return _filled([finding for finding in report.findings if finding.reported], shape)


def _filled(findings: Sequence[Finding], shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    for finding in findings:
        cv2.fillPoly(mask, [np.array(finding.contour, np.int32)], 1)
    return mask.astype(bool)


def dice_of(a: np.ndarray, b: np.ndarray) -> float:
    """2 |a and b| / (|a| + |b|); 1 where both are empty."""
    total = int(a.sum()) + int(b.sum())
    return 1.0 if total == 0 else float(2 * (a & b).sum() / total)


def overlap_of(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)
