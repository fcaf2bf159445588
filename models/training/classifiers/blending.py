"""How much the network's own opinion of a type counts beside the classifier's, fitted on whom neither learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from models.calibration import softmax
from models.classifiers.choice import OWN
from models.classifiers.release import LiteRTRelease
from models.classifiers.second_stage import LEAST, blend
from models.collections import Record
from models.evaluation.outcomes import run_outcomes
from models.pipeline import Pipeline
from models.release import Release
from models.training.calibrate import certain_threshold
from models.training.classifiers.parts import VALIDATION, records_of

MOST = 3.0  # few patients must not make either opinion sure beyond reason


@dataclass(frozen=True)
class Beside:
    """The network that a classifier will work with, and the collections that both learnt from."""

    network: Release
    collections: Path


def blend_with(release: LiteRTRelease, network: Release, collections: Path) -> LiteRTRelease:
    """The release with its weight beside `network`, temperature and threshold of doubt fitted on the best findings.

    On the patients whom the network was calibrated on, as its release notes them: neither was trained on them. Saved.
    """
    kept = records_of(VALIDATION, network, collections)
    own, second = (_opinions(network, classifier, kept) for classifier in (OWN, str(release.folder)))
    found = [i for i in range(len(kept)) if own[i] is not None and second[i] is not None]
    truth = np.array([network.types.index(kept[i].label or "") for i in found])
    own_rows, second_rows = (np.array([opinions[i] for i in found]) for opinions in (own, second))
    own_weight, scale = fit_weights(own_rows, second_rows, truth)
    mixed = blend(own_rows, _sharpened(second_rows, scale), own_weight)
    threshold = certain_threshold(mixed.max(axis=1), mixed.argmax(axis=1) == truth)
    temperature = round(release.temperature / scale, 4)
    blended = replace(release, own_weight=own_weight, temperature=temperature, certain_from=threshold)
    blended.save()
    return blended


def fit_weights(own: np.ndarray, second: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The weights of both log-probabilities, (n, types) each, that give the least cross-entropy of `truth` (n,)."""
    logs = [np.log(np.maximum(rows, LEAST)) for rows in (own, second)]

    def cross_entropy(weights: np.ndarray) -> float:
        logits = weights[0] * logs[0] + weights[1] * logs[1]
        return float((logsumexp(logits, axis=1) - logits[np.arange(len(truth)), truth]).mean())

    weights = minimize(cross_entropy, np.array([0.5, 0.5]), bounds=[(0, MOST), (0.05, MOST)]).x
    return round(float(weights[0]), 4), float(weights[1])


def _sharpened(rows: np.ndarray, scale: float) -> np.ndarray:
    return softmax(scale * np.log(np.maximum(rows, LEAST)))


def _opinions(network: Release, classifier: str, records: Sequence[Record]) -> list[np.ndarray | None]:
    """The best finding's probabilities in the order of the network's types; None where nothing was found."""
    with Pipeline.load("litert", release=network, classifier=classifier) as pipeline:
        best = [outcome.best for outcome in run_outcomes(pipeline, records)]
    return [None if f is None else np.array([f.probabilities[t] for t in network.types]) for f in best]
