"""A classifier's opinion put in the place of the network's own: types or malignancy change, regions and scores stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.calibration import log_probabilities, softmax
from models.candidates import Candidate
from models.classifiers.base import Classifier
from models.preprocessing import Prepared
from models.report import ModelInfo

MALIGNANCY = ("benign", "malignant")
MOST_LOOKS = 3  # the best candidates; the cost of a slice stays bounded, and the rest is hardly ever a tumour


def classify(
    candidates: list[Candidate], prepared: Prepared, classifier: Classifier, types: tuple[str, ...]
) -> list[Candidate]:
    """The candidates, the best three judged by the classifier; `types` in the order of their probabilities."""
    looked, rest = candidates[:MOST_LOOKS], candidates[MOST_LOOKS:]
    if not looked:
        return candidates
    rows = classifier.probabilities(prepared, looked)
    return [_judged(c, row, classifier, types) for c, row in zip(looked, rows, strict=True)] + rest


def _judged(candidate: Candidate, row: np.ndarray, classifier: Classifier, types: tuple[str, ...]) -> Candidate:
    known = classifier.release.types
    if set(known) == set(MALIGNANCY):
        return replace(candidate, malignant=float(row[known.index("malignant")]))
    own = candidate.probabilities[None]
    (mixed,) = blend(own, row[None, [known.index(t) for t in types]], classifier.release.own_weight)
    return replace(candidate, probabilities=mixed, certain=bool(mixed.max() >= classifier.release.certain_from))


def blend(own: np.ndarray, second: np.ndarray, own_weight: float) -> np.ndarray:
    """Both opinions as one, (n, types) each: the log-probabilities added, those of the network times `own_weight`."""
    return softmax(own_weight * log_probabilities(own) + log_probabilities(second))


def joint_info(first: ModelInfo, classifier: Classifier | None) -> ModelInfo:
    """Names and versions of all that made a figure, such as brain-mri+classic 0.1.0+0.1.0."""
    if classifier is None:
        return first
    second = classifier.release.info
    return ModelInfo(f"{first.name}+{second.name}", f"{first.version}+{second.version}")
