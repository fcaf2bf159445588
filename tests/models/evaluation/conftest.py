"""Made-up findings and outcomes whose right figures are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from models.collections import Record
from models.collections.hits import HIT_IOU
from models.evaluation.outcomes import Outcome, overlap_of
from models.report import Finding, ImageInfo, Malignancy, Measurements, ModelInfo, Report, Status

Box = tuple[int, int, int, int]
SIZE = Measurements(1, 1, 1, "px", 1, 0, 1, "")
TRUE_BOX = (10, 10, 30, 30)


@pytest.fixture(scope="session")
def finding() -> Callable[..., Finding]:
    def make(box: Box = TRUE_BOX, label: str = "glioma", score: float = 0.9, reported: bool = True) -> Finding:
        x0, y0, x1, y1 = box
        contour = ((x0, y0), (x1 - 1, y0), (x1 - 1, y1 - 1), (x0, y1 - 1))
        return Finding(box, score, reported, label, {label: 0.9}, True, Malignancy("", 0.5), SIZE, contour)

    return make


@pytest.fixture(scope="session")
def outcome() -> Callable[..., Outcome]:
    def make(
        *findings: Finding,
        truth: Box | None = TRUE_BOX,
        label: str = "glioma",
        p: float = 0.9,
        group: str = "g",
        pool: str = "brain_t1ce",
        dice: float | None = None,
        status: Status = Status.DONE,
        diameter_mm: float | None = 30.0,
    ) -> Outcome:
        record = Record(Path("x"), pool, group, 0, truth is not None, label if truth else None)
        report = Report(
            status, model=ModelInfo("m", "1"), tumor_probability=p if status is Status.DONE else None,
            image=ImageInfo(64, 64, None), findings=findings,
        )  # fmt: skip
        hits = tuple(truth is not None and overlap_of(f.box, truth) >= HIT_IOU for f in findings)
        return Outcome(record, report, truth, dice, diameter_mm if truth else None, hits)

    return make
