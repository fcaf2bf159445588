from __future__ import annotations

import json

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
    only_pixels = Calibration(UNCALIBRATED.region, UNCALIBRATED.tumour, (1.0, 0.0), 0.5, 0.6)
    only_slice = Calibration(UNCALIBRATED.region, UNCALIBRATED.tumour, (0.0, 1.0), 0.5, 0.6)
    assert only_pixels.type_probabilities(pixel, whole)[0] > 0.95
    assert only_slice.type_probabilities(pixel, whole)[1] > 0.95
    assert only_slice.type_probabilities(pixel, whole * 1000).sum() == pytest.approx(1)


def test_a_calibration_survives_json() -> None:
    assert Calibration.from_dict(json.loads(json.dumps(UNCALIBRATED.to_dict()))) == UNCALIBRATED
