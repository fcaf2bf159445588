"""Average precision and FROC, against cases whose answer is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.evaluation.detection import detection, type_precision
from models.evaluation.outcomes import Outcome
from models.report import Finding

TYPES = ("glioma", "meningioma")
Make = Callable[..., Outcome]
Found = Callable[..., Finding]


def at_50(outcomes: list[Outcome]) -> dict[str, float]:
    return {name: p.at_50.value for name, p in type_precision(outcomes, TYPES)[0].items() if p.at_50}


def test_average_precision_is_one_for_perfect_boxes_and_none_for_shifted_ones(outcome: Make, finding: Found) -> None:
    other = outcome(finding(label="meningioma"), label="meningioma", group="h")
    assert at_50([outcome(finding()), other]) == pytest.approx({"glioma": 1.0, "meningioma": 1.0})
    assert at_50([outcome(finding((22, 10, 42, 30))), other])["glioma"] == 0


def test_the_stricter_average_precision_falls_with_the_overlap(outcome: Make, finding: Found) -> None:
    _, mean = type_precision([outcome(finding((10, 10, 30, 25)))], TYPES)  # IoU 0.75: right at 0.5 to 0.75
    assert mean.at_50 is not None
    assert mean.at_50_to_95 is not None
    assert mean.at_50.value == pytest.approx(1)
    assert mean.at_50_to_95.value == pytest.approx(0.6)


def test_a_box_of_the_wrong_type_and_a_missed_tumour_lower_the_average_precision(outcome: Make, finding: Found) -> None:
    half = [outcome(finding()), outcome(), outcome(finding(), label="meningioma")]
    assert 0.2 < at_50(half)["glioma"] < 0.6
    assert at_50(half)["meningioma"] == 0


def test_no_candidate_at_all_is_an_average_precision_of_nought(outcome: Make) -> None:
    assert at_50([outcome(), outcome(label="meningioma")]) == {"glioma": 0, "meningioma": 0}


def test_resampled_precision_is_that_of_repeated_images(outcome: Make, finding: Found) -> None:
    cases = [outcome(finding(), group="a"), outcome(group="b")]
    figure = type_precision(cases, ("glioma",))[1].at_50
    assert figure is not None
    assert figure.value == pytest.approx(0.505, abs=0.01)  # COCO samples recall at 101 points
    assert (figure.low, figure.high) == (0, pytest.approx(1))


def test_froc_counts_false_candidates_per_image_and_further_ones_on_a_tumour_not_at_all(
    outcome: Make, finding: Found
) -> None:
    sure = outcome(finding(score=0.9), finding((11, 11, 30, 30), score=0.8), group="a")
    late = outcome(finding((40, 40, 60, 60), score=0.7), finding(score=0.6), group="b")
    free = outcome(finding(score=0.95), truth=None, group="c")
    silent = outcome(truth=None, group="d")
    found = {rate: f.value for rate, f in detection([sure, late, free, silent]).sensitivity_at.items() if f}
    assert found == {"0.1": 0, "0.25": 0.5, "0.5": 1, "1": 1, "2": 1}
