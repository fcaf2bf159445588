"""The figures of an evaluation, against cases whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.evaluation.metrics import (
    average_precision,
    calibration_error,
    false_regions,
    mean_dice,
    reported_sensitivity,
    tumour_auc,
    type_accuracy,
    with_interval,
)
from models.evaluation.outcomes import Outcome, dice_of, reported_mask
from models.report import Finding, ImageInfo, Malignancy, Measurements, Report, Status
from models.training.sources import Record

TYPES = ("glioma", "meningioma")
SIZE = Measurements(1, 1, 1, "px", 1, 0, 1, "")
Box = tuple[int, int, int, int]


def finding(box: Box, label: str = "glioma", score: float = 0.9, reported: bool = True) -> Finding:
    x0, y0, x1, y1 = box
    contour = ((x0, y0), (x1 - 1, y0), (x1 - 1, y1 - 1), (x0, y1 - 1))
    return Finding(box, score, reported, label, {label: 1.0}, True, Malignancy("", 0.5), SIZE, contour)


def outcome(
    *findings: Finding, truth: Box | None = (10, 10, 30, 30), label: str = "glioma", p: float = 0.9, group: str = "g"
) -> Outcome:
    record = Record(Path("x"), "brain_t1ce", group, 0, truth is not None, label if truth else None)
    report = Report(Status.DONE, tumor_probability=p, image=ImageInfo(64, 64, None), findings=findings)
    return Outcome(record, report, truth, None)


def test_average_precision_is_one_for_perfect_boxes_and_none_for_shifted_ones() -> None:
    perfect = [outcome(finding((10, 10, 30, 30))), outcome(finding((10, 10, 30, 30), "meningioma"), label="meningioma")]
    assert average_precision(perfect, TYPES) == pytest.approx({"glioma": 1.0, "meningioma": 1.0})
    shifted = [outcome(finding((22, 10, 42, 30))), perfect[1]]
    assert average_precision(shifted, TYPES)["glioma"] == 0


def test_a_box_of_the_wrong_type_and_a_missed_tumour_lower_the_average_precision() -> None:
    half = [outcome(finding((10, 10, 30, 30))), outcome(), outcome(finding((10, 10, 30, 30)), label="meningioma")]
    found = average_precision(half, TYPES)
    assert 0.2 < found["glioma"] < 0.6
    assert found["meningioma"] == 0


def test_the_best_finding_decides_the_type_and_nothing_found_is_wrong() -> None:
    right, wrong, nothing = outcome(finding((0, 0, 9, 9))), outcome(finding((0, 0, 9, 9), "meningioma")), outcome()
    assert type_accuracy([right, wrong, nothing]) == pytest.approx(1 / 3)


def test_dice_counts_only_reported_regions() -> None:
    report = outcome(finding((10, 10, 30, 30)), finding((40, 40, 60, 60), reported=False)).report
    mask = reported_mask(report, (64, 64))
    truth = np.zeros((64, 64), bool)
    truth[10:30, 10:30] = True
    assert dice_of(mask, truth) == pytest.approx(1)
    assert dice_of(mask, np.zeros((64, 64), bool)) == 0
    assert dice_of(np.zeros(4, bool), np.zeros(4, bool)) == 1
    with pytest.warns(RuntimeWarning):
        assert np.isnan(mean_dice([outcome()]))


def test_tumour_or_none_figures() -> None:
    tumours = [outcome(finding((0, 0, 9, 9)), p=0.9), outcome(p=0.6)]
    free = [outcome(p=0.1, truth=None), outcome(finding((0, 0, 9, 9)), p=0.7, truth=None)]
    assert tumour_auc(tumours + free) == pytest.approx(0.75)
    assert reported_sensitivity(tumours) == 0.5
    assert false_regions(free) == 0.5
    with pytest.raises(ValueError, match="both classes"):
        tumour_auc(tumours)


def test_the_calibration_error_is_the_gap_between_said_and_seen() -> None:
    assert calibration_error([outcome(p=0.999), outcome(p=0.001, truth=None)]) < 0.01
    assert calibration_error([outcome(p=0.75), outcome(p=0.75), outcome(p=0.75, truth=None)]) == pytest.approx(1 / 12)


def test_intervals_widen_when_slices_share_a_patient() -> None:
    def cases(groups: int) -> list[Outcome]:
        return [
            outcome(finding((0, 0, 9, 9), "glioma" if (i % groups) % 2 else "meningioma"), group=str(i % groups))
            for i in range(80)
        ]

    many, few = with_interval(cases(80), type_accuracy), with_interval(cases(8), type_accuracy)
    assert many.value == few.value == 0.5
    assert few.high - few.low > 1.8 * (many.high - many.low)
