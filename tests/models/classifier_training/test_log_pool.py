"""Weights of log-probabilities, fitted on the truth."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.log_pool import fit_log_pool


def said(truth: np.ndarray, right: float, rng: np.random.Generator) -> np.ndarray:
    """Log-probabilities (n, 3) that are for the truth this often, each time with a probability of 0.8."""
    labels = np.where(rng.random(len(truth)) < right, truth, (truth + 1) % 3)
    return np.log(np.full((len(truth), 3), 0.1) + 0.7 * np.eye(3)[labels])


def test_an_opinion_that_knows_nothing_gets_no_weight_and_the_better_of_two_counts_more() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 3000)
    good, better, guess = said(truth, 0.8, rng), said(truth, 0.9, rng), said(rng.permutation(truth), 0.8, rng)
    weights = fit_log_pool([good, better], truth, [(0, 3), (0, 3)])
    assert 0.3 < weights[0] < weights[1] < 3
    assert fit_log_pool([guess, better], truth, [(0, 3), (0, 3)])[0] < 0.1


def test_one_opinion_that_is_too_sure_is_divided_by_its_temperature() -> None:
    rng = np.random.default_rng(0)
    true = rng.dirichlet((1, 1, 1), 4000)
    truth = np.array([rng.choice(3, p=p) for p in true])
    assert fit_log_pool([3 * np.log(true)], truth, [(0.1, 9)])[0] == pytest.approx(1 / 3, rel=0.1)


def test_a_weight_stays_inside_its_bounds_and_nothing_is_fitted_on_nobody() -> None:
    always = said(np.zeros(50, int), 1.0, np.random.default_rng(0))
    assert fit_log_pool([always], np.zeros(50, int), [(0, 1.5)]) == (pytest.approx(1.5),)
    with pytest.raises(ValueError, match="no example"):
        fit_log_pool([np.zeros((0, 3))], np.zeros(0, int), [(0, 1)])
