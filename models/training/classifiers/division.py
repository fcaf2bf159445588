"""Who is trained on, who is validated on and who is tested on: by group, each part with every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from models.errors import TrainingDataError
from models.training.classifiers.folders import Part, Picture

LEAST_PICTURES = 8  # of a class, over all parts


def divide(
    pictures: Sequence[Picture], classes: Sequence[str], test: float, validation: float, seed: int
) -> list[Picture]:
    """Every picture with its part: `test` of the groups unless it is given, then `validation` of those left.

    A part that is given stays. Raises TrainingDataError where a class is too small for that.
    """
    _enough(pictures, classes)
    divided = list(pictures)
    if not any(p.part is Part.TEST for p in divided):
        divided = _take(divided, Part.TEST, test, seed)
    if not any(p.part is Part.VALIDATION for p in divided):
        divided = _take(divided, Part.VALIDATION, validation, seed)
    for part in Part:
        missing = set(classes) - {p.label for p in divided if p.part is part}
        if missing:
            raise TrainingDataError(f"Too few groups: no picture of {sorted(missing)[0]!r} is left for {part}.")
    return divided


def _enough(pictures: Sequence[Picture], classes: Sequence[str]) -> None:
    for label in classes:
        count = sum(p.label == label for p in pictures)
        if count < LEAST_PICTURES:
            raise TrainingDataError(
                f"The class {label!r} has {count} readable pictures; it needs {LEAST_PICTURES} to train and test on."
            )


def _take(pictures: Sequence[Picture], part: Part, share: float, seed: int) -> list[Picture]:
    """Give about `share` of the groups of those not yet tested on to `part`, the others to training."""
    free = [i for i, p in enumerate(pictures) if p.part is not Part.TEST]
    labels, groups = np.array([pictures[i].label for i in free]), np.array([pictures[i].group for i in free])
    least = min(len(set(groups[labels == label])) for label in set(labels))
    if least < 2:
        raise TrainingDataError("A class has pictures of one group only; it cannot be both trained and tested on.")
    folds = StratifiedGroupKFold(min(round(1 / share), least), shuffle=True, random_state=seed)
    _, taken = next(iter(folds.split(labels, labels, groups)))
    parts = {free[i]: part for i in taken}
    return [p if p.part is Part.TEST else replace(p, part=parts.get(i, Part.TRAIN)) for i, p in enumerate(pictures)]
