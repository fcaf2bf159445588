from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.calibration import UNCALIBRATED, Calibration, Logistic


def test_a_logistic_is_one_half_where_its_logit_is_zero() -> None:
    assert Logistic((2.0, -1.0), 0.0)(np.array([[1.0, 2.0]]))[0] == pytest.approx(0.5)


def test_extreme_logits_do_not_overflow() -> None:
    with np.errstate(over="raise"):
        low, high = Logistic((1.0,), 0.0)(np.array([[-1e9], [1e9]]))
    assert low < 1e-9
    assert high > 1 - 1e-9


def test_type_probabilities_weigh_pixels_and_slice() -> None:
    pixel, whole = np.array([4.0, 0.0]), np.array([0.0, 4.0])
    only_pixels = replace(UNCALIBRATED, type_weights=(1.0, 0.0))
    only_slice = replace(UNCALIBRATED, type_weights=(0.0, 1.0))
    assert only_pixels.type_probabilities(pixel, whole)[0] > 0.95
    assert only_slice.type_probabilities(pixel, whole)[1] > 0.95
    assert only_slice.type_probabilities(pixel, whole * 1000).sum() == pytest.approx(1)


def test_a_calibration_survives_json() -> None:
    assert Calibration.from_dict(json.loads(json.dumps(UNCALIBRATED.to_dict()))) == UNCALIBRATED


def test_a_slice_that_surely_holds_a_tumour_reports_its_best_candidate_and_no_other() -> None:
    calibration = replace(UNCALIBRATED, report_from=0.5, tumour_from=0.9)
    assert calibration.reports(3, 0.6, 0.1)
    assert not calibration.reports(0, 0.4, 0.8)
    assert calibration.reports(0, 0.4, 0.95)
    assert not calibration.reports(1, 0.4, 0.95)
