"""Add several opinions' log-probabilities with the weights that fit the truth best: logarithmic pooling.

Genest and Zidek 1986, doi 10.1214/ss/1177013825; of one opinion it is temperature scaling (Guo 2017, arXiv:1706.04599).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

START = 0.5  # each weight before it is fitted


def fit_log_pool(
    logits: Sequence[np.ndarray], truth: np.ndarray, bounds: Sequence[tuple[float, float]]
) -> tuple[float, ...]:
    """A weight for each of `logits`, (n, classes) each, so that their weighted sum says `truth` (n,) best.

    Best is the least mean cross-entropy; `bounds`, lowest and highest, hold each weight to what few examples can tell.
    Raises ValueError where there is no example.
    """
    opinions, rows = np.stack([np.asarray(opinion, float) for opinion in logits]), np.arange(len(truth))
    if not len(rows):
        raise ValueError("there is no example to fit weights on")

    def cross_entropy(weights: np.ndarray) -> float:
        pooled = np.tensordot(weights, opinions, 1)
        return float((logsumexp(pooled, axis=1) - pooled[rows, truth]).mean())

    start = np.clip(np.full(len(opinions), START), *np.transpose(bounds))
    return tuple(float(weight) for weight in minimize(cross_entropy, start, bounds=bounds).x)
