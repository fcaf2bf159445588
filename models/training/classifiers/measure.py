"""Measure a classifier on pictures it never saw, and at work in the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.classifiers.choice import OWN
from models.classifiers.litert import LiteRTClassifier
from models.classifiers.release import LiteRTRelease
from models.evaluation.bootstrap import with_interval
from models.evaluation.figures import Figure
from models.evaluation.metrics import calibration_error, share
from models.evaluation.outcomes import run_outcomes
from models.pipeline import Pipeline
from models.release import Release
from models.training.classifiers.export import load_pictures
from models.training.classifiers.figures import PartFigures, PipelineFigures
from models.training.classifiers.folders import Picture
from models.training.classifiers.parts import TEST, records_of


def measure(classifier: LiteRTClassifier, pictures: Sequence[Picture]) -> PartFigures:
    """What the shipped export says of `pictures`, whose region is given."""
    types = classifier.release.types
    probabilities = classifier.of_pictures(load_pictures(pictures))
    truth, groups = np.array([types.index(p.label) for p in pictures]), [p.group for p in pictures]
    said, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right, sure, each = said == truth, confidence >= classifier.release.certain_from, np.ones(len(truth))
    return PartFigures(
        pictures=len(pictures),
        groups=len(set(groups)),
        accuracy=with_interval(groups, share(right, each)),
        sensitivity={t: _among(right, truth == i, groups) for i, t in enumerate(types)},
        confusion={
            t: {s: int(((truth == i) & (said == j)).sum()) for j, s in enumerate(types)} for i, t in enumerate(types)
        },
        calibration_error=with_interval(groups, calibration_error(confidence, right)),
        doubt_share=with_interval(groups, share(~sure, each)),
        certain_accuracy=_among(right, sure, groups),
    )


def measure_in_pipeline(release: LiteRTRelease, network: Release, collections: Path) -> PipelineFigures:
    """Type accuracy on the fold that `network` never saw: its own, and with the classifier behind it."""
    records = records_of(TEST, network, collections)
    groups = [r.group for r in records]
    figures: list[Figure | None] = []
    for classifier in (OWN, str(release.folder)):
        with Pipeline.load("litert", release=network, classifier=classifier) as pipeline:
            right = [outcome.typed_right for outcome in run_outcomes(pipeline, records)]
        figures.append(with_interval(groups, share(right, np.ones(len(right)))))
    name, (own, with_classifier) = f"{network.name} {network.version}", figures
    return PipelineFigures(name, network.held_out_fold, len(records), own, with_classifier)


def _among(right: np.ndarray, among: np.ndarray, groups: Sequence[str]) -> Figure | None:
    return with_interval(groups, share(right & among, among), int(among.sum()))
