"""Statistics over weighted slices, many resamples at once; each equals scikit-learn's where weights are one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import roc_curve

from models.evaluation.bootstrap import Statistic, Weights, with_interval
from models.evaluation.figures import Bin, Point, Reliability

BINS = 10
MOST_POINTS = 80  # of a curve: what a chart can show


def share(numerator: ArrayLike, denominator: ArrayLike) -> Statistic:
    """Sum of `numerator` over sum of `denominator`, each (slices,): a mean, a sensitivity, a rate."""
    above, below = np.asarray(numerator, float), np.asarray(denominator, float)
    return lambda weights: divide(np.asarray(weights @ above), np.asarray(weights @ below))


def median(values: ArrayLike) -> Statistic:
    """The weighted lower median of `values` (slices,)."""
    series = np.asarray(values, float)
    order = np.argsort(series)

    def statistic(weights: Weights) -> NDArray[np.float64]:
        reached = np.cumsum(weights[:, order], axis=1)
        place = (reached < reached[:, -1:] / 2).sum(axis=1)
        return np.asarray(series[order][np.minimum(place, len(order) - 1)])

    return statistic


def auc(scores: ArrayLike, truth: ArrayLike) -> Statistic:
    """Area under the ROC curve; ties count a half (Mann and Whitney 1947)."""
    levels, place = np.unique(np.asarray(scores, float), return_inverse=True)
    positive = np.asarray(truth, bool)
    starts = np.searchsorted(place[np.argsort(place, kind="stable")], np.arange(len(levels)))
    order = np.argsort(place, kind="stable")

    def statistic(weights: Weights) -> NDArray[np.float64]:
        ranked = weights[:, order]
        with_tumour = np.add.reduceat(ranked * positive[order], starts, axis=1)
        without = np.add.reduceat(ranked * ~positive[order], starts, axis=1)
        below = np.cumsum(without, axis=1) - without / 2
        return divide((with_tumour * below).sum(axis=1), with_tumour.sum(axis=1) * without.sum(axis=1))

    return statistic


def calibration_error(said: ArrayLike, came_true: ArrayLike) -> Statistic:
    """Expected calibration error over equal-width bins (Naeini 2015)."""
    probability = np.asarray(said, float)
    gaps = _one_hot_bins(probability) * (probability - np.asarray(came_true, float))[:, None]
    return lambda weights: divide(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))


def reliability_bins(said: ArrayLike, came_true: ArrayLike) -> tuple[Bin, ...]:
    """The bins that hold any slice, lowest first."""
    probability, truth = np.asarray(said, float), np.asarray(came_true, float)
    members = _one_hot_bins(probability).astype(bool).T
    return tuple(
        Bin(float(probability[inside].mean()), float(truth[inside].mean()), int(inside.sum()))
        for inside in members
        if inside.any()
    )


def reliability(groups: Sequence[str], said: ArrayLike, came_true: ArrayLike) -> Reliability:
    """The diagram, and its error with an interval; one entry a slice or candidate."""
    return Reliability(with_interval(groups, calibration_error(said, came_true)), reliability_bins(said, came_true))


def roc_points(scores: ArrayLike, truth: ArrayLike) -> tuple[Point, ...]:
    """(1 - specificity, sensitivity) from (0, 0) to (1, 1); empty where only one class is there."""
    if len(set(np.asarray(truth, bool))) < 2:
        return ()
    false_share, true_share, _ = roc_curve(np.asarray(truth, bool), np.asarray(scores, float))
    return thinned(false_share, true_share)


def thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Point, ...]:
    """At most MOST_POINTS points of a curve, evenly by index, first and last among them."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(int))
    return tuple((float(a), float(b)) for a, b in zip(x[kept], y[kept], strict=True))


def divide(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elementwise; NaN for nothing over nothing."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _one_hot_bins(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """(slices, BINS)."""
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    return np.asarray(np.eye(BINS)[place])
