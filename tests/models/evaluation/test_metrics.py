"""Statistics over weighted slices, against scikit-learn and by hand; intervals by group."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.evaluation.bootstrap import with_interval
from models.evaluation.metrics import auc, calibration_error, median, reliability_bins, roc_points, share

RNG = np.random.default_rng(0)
SCORES = RNG.integers(0, 20, 300) / 20  # with ties
TRUTH = RNG.random(300) < 0.2 + 0.5 * SCORES
WEIGHTS = RNG.integers(0, 4, (5, 300)).astype(float)


def test_the_weighted_auc_is_that_of_scikit_learn() -> None:
    expected = [roc_auc_score(TRUTH, SCORES, sample_weight=row) for row in WEIGHTS]
    assert auc(SCORES, TRUTH)(WEIGHTS) == pytest.approx(expected)


def test_a_resample_of_one_class_has_no_auc() -> None:
    assert np.isnan(auc(SCORES, np.ones(300))(WEIGHTS)).all()


def test_weights_stand_for_repeated_slices() -> None:
    values, weights = np.array([0.1, 0.5, 0.9, 0.4]), np.array([[3.0, 0.0, 1.0, 2.0]])
    repeated = np.repeat(values, weights[0].astype(int))
    assert share(values, np.ones(4))(weights) == pytest.approx(repeated.mean())
    assert median(values)(weights) == pytest.approx(np.percentile(repeated, 50, method="lower"))


def test_the_calibration_error_is_the_gap_between_said_and_seen() -> None:
    one = np.ones((1, 2))
    assert calibration_error([0.999, 0.001], [1, 0])(one) < 0.01
    assert calibration_error([0.75] * 3, [1, 1, 0])(np.ones((1, 3))) == pytest.approx(1 / 12)
    assert calibration_error([0.75, 0.75], [1, 0])(np.array([[2.0, 1.0]])) == pytest.approx(1 / 12)
    (low, high) = reliability_bins([0.05, 0.95, 1.0], [0, 1, 1])
    assert (low.count, low.seen, high.count, high.seen) == (1, 0, 2, 1)


def test_a_roc_curve_goes_from_corner_to_corner_and_keeps_few_points() -> None:
    points = roc_points(RNG.random(3000), RNG.random(3000) < 0.5)
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    assert len(points) <= 80


def test_intervals_widen_when_slices_share_a_patient() -> None:
    right = np.array([i % 2 for i in range(80)])
    many = with_interval([str(i) for i in range(80)], share(right, np.ones(80)))
    few = with_interval([str(i % 8) for i in range(80)], share(right, np.ones(80)))
    assert many is not None
    assert few is not None
    assert many.value == few.value == 0.5
    assert few.high - few.low > 1.8 * (many.high - many.low)


def test_what_the_slices_do_not_define_is_none_and_no_number() -> None:
    assert with_interval(["a", "b"], share([0, 0], [0, 0])) is None
