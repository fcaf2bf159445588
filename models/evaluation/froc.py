"""The FROC curve (Bunch 1977): what is found against false candidates per image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.evaluation.bootstrap import Weights, with_interval
from models.evaluation.figures import Figure
from models.evaluation.metrics import divide, thinned

Candidates = Iterable[tuple[float, int, bool | None]]
"""The score of each candidate, the number of its image, and whether it is a hit; None counts neither way."""


class Froc:
    """Sensitivity against false candidates per image, from candidates by falling score; at most one hit a tumour."""

    def __init__(self, groups: Sequence[str], tumours: ArrayLike, candidates: Candidates) -> None:
        """`groups` and `tumours`: of each image, its patient and how many tumours are to be found in it."""
        rows = sorted((-score, image, hit) for score, image, hit in candidates if hit is not None)
        self._image = np.array([image for _, image, _ in rows], int)
        self._hit = np.array([hit for _, _, hit in rows], float)
        self._tumours = np.asarray(tumours, float)
        self._groups = groups

    def points(self) -> tuple[tuple[float, float], ...]:
        """The curve from the surest candidate on."""
        false = np.concatenate([[0.0], np.cumsum(1 - self._hit)]) / len(self._groups)
        found = np.concatenate([[0.0], np.cumsum(self._hit)]) / max(self._tumours.sum(), 1)
        return thinned(false, found)

    def sensitivities(self, rates: Sequence[float]) -> dict[str, Figure | None]:
        """`sensitivity_at` by rate."""
        return {f"{rate:g}": self.sensitivity_at(rate) for rate in rates}

    def sensitivity_at(self, rate: float) -> Figure | None:
        """Share of tumours found with at most `rate` false candidates per image."""

        def statistic(weights: Weights) -> NDArray[np.float64]:
            drawn = weights[:, self._image]
            false = np.cumsum(drawn * (1 - self._hit), axis=1)
            allowed = false <= rate * weights.sum(axis=1, keepdims=True) + 1e-9
            return divide((drawn * self._hit * allowed).sum(axis=1), weights @ self._tumours)

        return with_interval(self._groups, statistic, int(self._tumours.sum()))
