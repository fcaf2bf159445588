"""Choose when an image passes: generously for known kinds of collections that training did not see."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.errors import TrainingDataError
from models.gate.decision import Limits
from models.training.gate.folds import KNOWN_COLLECTIONS
from models.training.gate.pictures import Picture

SURE_BELOW = 0.02
LEAST_KNOWN, MOST_KNOWN = 0.1, 0.3
PASSING, REFUSED = 0.999, 0.98


def require_left_out(pictures: Iterable[Picture], fold: int) -> None:
    """Raises TrainingDataError where no known collection could be left out in turn, without which no limit is found."""
    there = {p.source for p in pictures if p.fold != fold and not p.unseen}
    if there.isdisjoint(KNOWN_COLLECTIONS):
        raise TrainingDataError(
            "The gate's limits are chosen by leaving out a collection in turn, and there is none of "
            f"{', '.join(KNOWN_COLLECTIONS)} outside of fold {fold} in --data."
        )


def choose_limits(
    known: np.ndarray, known_distances: np.ndarray, other: np.ndarray, other_distances: np.ndarray
) -> Limits:
    """From unseen pictures: the probability of the own kind of known ones (n,), of the likeliest known kind of others.

    The distance lets `PASSING` of the known ones through. The probability is the lowest that still refuses `REFUSED`
    of the others, within bounds: wrongly refusing a real scan costs most, and some kinds look alike whatever the limit.
    """
    farthest = float(np.quantile(known_distances, PASSING))
    near = other[other_distances <= farthest]
    wanted = max(0.0, 1 - (1 - REFUSED) * len(other) / max(len(near), 1))
    lowest = float(np.quantile(near, wanted)) if len(near) else LEAST_KNOWN
    return Limits(round(float(np.clip(lowest, LEAST_KNOWN, MOST_KNOWN)), 3), round(farthest, 3), SURE_BELOW)
