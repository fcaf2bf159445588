"""95 % intervals by resampling whole patient groups, never slices (Efron 1979; the percentile interval)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.evaluation.figures import Figure

RESAMPLES = 1000
BLOCK = 100  # resamples at a time: bounds memory at 100 x slices numbers
Weights = NDArray[np.float64]
"""(resamples, slices): how often each slice was drawn."""
Statistic = Callable[[Weights], NDArray[np.float64]]
"""One value a resample, NaN where it has none (a resample of one class has no AUC)."""


def with_interval(groups: Sequence[str], statistic: Statistic, count: int | None = None) -> Figure | None:
    """`statistic` over all slices and its percentiles 2.5 and 97.5 over resamples of `groups`, one name a slice.

    `count`: how many slices the figure is over, if not all. None where the slices do not define it.
    """
    (figure,) = with_intervals(groups, lambda weights: statistic(weights)[:, None], count)
    return figure


def with_intervals(
    groups: Sequence[str], statistics: Statistic, count: int | None = None, resamples: int = RESAMPLES
) -> list[Figure | None]:
    """The same for k figures that cost less together: `statistics` gives (resamples, k)."""
    names, place = np.unique(np.asarray(groups), return_inverse=True)
    values = statistics(np.ones((1, len(groups))))[0]
    rng = np.random.default_rng(0)
    even = np.full(len(names), 1 / len(names))
    blocks = [min(BLOCK, resamples - start) for start in range(0, resamples, BLOCK)]
    drawn = np.concatenate(
        [statistics(rng.multinomial(len(names), even, size).astype(float)[:, place]) for size in blocks]
    )
    count = len(groups) if count is None else count
    return [_figure(value, drawn[:, i], count) for i, value in enumerate(values)]


def _figure(value: float, drawn: NDArray[np.float64], count: int) -> Figure | None:
    if np.isnan(value):
        return None
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Figure(float(value), float(low), float(high), count)
