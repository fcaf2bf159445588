"""Run the pipeline, as users do, over annotated records and hold each result against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.pipeline import Pipeline, Source
from models.report import Finding, Report, Status
from models.training.calibrate import truth_mask
from models.training.sources import Record


@dataclass(frozen=True, eq=False)
class Outcome:
    """One record with what the pipeline said of it. `dice` only where the truth is an outline."""

    record: Record
    report: Report
    truth_box: tuple[int, int, int, int] | None
    dice: float | None

    @property
    def best(self) -> Finding | None:
        """The best finding, reported or not."""
        return self.report.findings[0] if self.report.findings else None

    @property
    def typed_right(self) -> bool:
        """The best finding has the true type; nothing found is wrong."""
        return self.best is not None and self.best.label == self.record.label


def run_outcomes(pipeline: Pipeline, records: Sequence[Record]) -> list[Outcome]:
    """One outcome for each record, in order; blank slices without a tumour, which are refused, are left out.

    Raises RuntimeError where the pipeline failed, or refused a slice that holds a tumour: no figure may hide that.
    """
    sources = [Source(str(i), record.image) for i, record in enumerate(records)]
    results = zip(records, pipeline.analyse(sources), strict=True)
    return [_outcome(record, a.report) for record, a in results if _counts(record, a.report)]


def _counts(record: Record, report: Report) -> bool:
    if report.status is Status.FAILED or (report.status is Status.REJECTED and record.tumour):
        raise RuntimeError(f"a slice of {record.pool} ended as {report.status}: {report.reason}")
    return report.status is Status.DONE


def _outcome(record: Record, report: Report) -> Outcome:
    if report.image is None:
        raise ValueError("a finished report names its image")
    shape = (report.image.height, report.image.width)
    truth = truth_mask(record, shape)
    box = None
    if truth.any():
        x, y, width, height = cv2.boundingRect(truth.astype(np.uint8))
        box = (x, y, x + width, y + height)
    dice = dice_of(reported_mask(report, shape), truth) if record.mask is not None else None
    return Outcome(record, report, box, dice)


def reported_mask(report: Report, shape: tuple[int, int]) -> np.ndarray:
    """The union of the reported findings' contours, filled; bool (height, width)."""
    mask = np.zeros(shape, np.uint8)
    for finding in report.findings:
        if finding.reported:
            cv2.fillPoly(mask, [np.array(finding.contour, np.int32)], 1)
    return mask.astype(bool)


def dice_of(a: np.ndarray, b: np.ndarray) -> float:
    """2 |a and b| / (|a| + |b|); 1 where both are empty."""
    total = int(a.sum()) + int(b.sum())
    return 1.0 if total == 0 else float(2 * (a & b).sum() / total)
