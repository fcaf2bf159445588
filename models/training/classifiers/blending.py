"""How much the network's own opinion of a type counts beside the classifier's, fitted on whom neither learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.calibration import log_probabilities, softmax
from models.classifiers.choice import OWN
from models.classifiers.release import LiteRTRelease
from models.classifiers.second_stage import blend
from models.collections import Record
from models.errors import TrainingDataError
from models.evaluation.outcomes import run_outcomes
from models.pipeline import Pipeline
from models.release import Release
from models.training.classifiers.beside import Beside
from models.training.classifiers.parts import VALIDATION, records_of
from models.training.log_pool import fit_log_pool
from models.training.operating_point import certain_threshold

LEAST, MOST = 0.05, 3.0  # few patients must not make either opinion sure beyond reason, nor silence the classifier


@dataclass(frozen=True, eq=False)
class Opinions:
    """What a network says of the slices that it was calibrated on: probabilities (n, types) of each best finding."""

    network: Release
    records: list[Record]
    said: np.ndarray

    @property
    def truth(self) -> np.ndarray:
        """Index of each slice's type, (n,)."""
        return np.array([self.network.types.index(r.label or "") for r in self.records])


def opinions_of(beside: Beside) -> Opinions:
    """Of the network itself; slices where it finds nothing are left out, as nobody is asked for a type there.

    Raises TrainingDataError where a type is unknown to it, or nothing is found.
    """
    network, records = beside.network, records_of(VALIDATION, beside.network, beside.collections)
    strange = {r.label or "" for r in records} - set(network.types)
    if strange:
        raise TrainingDataError(f"{beside.collections} has tumours of type {min(strange)!r}, which {network.id} lacks.")
    rows = _best(network, OWN, records)
    found = [record for record, row in zip(records, rows, strict=True) if row is not None]
    if not found:
        raise TrainingDataError(f"{network.id} finds no tumour in those whom it was calibrated on; nothing to weigh.")
    return Opinions(network, found, np.array([row for row in rows if row is not None]))


def blend_with(release: LiteRTRelease, own: Opinions) -> LiteRTRelease:
    """The release with its weight beside the network, temperature and threshold of doubt fitted on the best findings.

    On the patients whom the network was calibrated on, as its release notes them: neither was trained on them. Saved.
    """
    second = np.array(_best(own.network, str(release.folder), own.records))  # a second stage finds what the first does
    logs = [log_probabilities(own.said), log_probabilities(second)]
    own_weight, scale = fit_log_pool(logs, own.truth, [(0, MOST), (LEAST, MOST)])
    own_weight = round(own_weight, 4)
    mixed = blend(own.said, softmax(scale * logs[1]), own_weight)
    threshold = certain_threshold(mixed.max(axis=1), mixed.argmax(axis=1) == own.truth)
    temperature = round(release.temperature / scale, 4)
    blended = replace(release, own_weight=own_weight, temperature=temperature, certain_from=threshold)
    blended.save()
    return blended


def _best(network: Release, classifier: str, records: Sequence[Record]) -> list[np.ndarray | None]:
    """The best finding's probabilities in the order of the network's types; None where nothing was found."""
    with Pipeline.load("litert", releases=[network], classifier=classifier) as pipeline:
        best = [outcome.best for outcome in run_outcomes(pipeline, records)]
    return [None if f is None else np.array([f.probabilities[t] for t in network.types]) for f in best]
