"""Measure a classifier on pictures it never saw, and note how it was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from models.classifiers.litert import LiteRTClassifier
from models.classifiers.release import LiteRTRelease
from models.evaluation.bootstrap import with_interval
from models.evaluation.figures import Figure
from models.evaluation.metrics import calibration_error, share
from models.training.classifiers.config import ClassifierConfig
from models.training.classifiers.export import load_pictures
from models.training.classifiers.figures import CARD, ClassifierFigures, PartFigures
from models.training.classifiers.fit import best_epoch
from models.training.classifiers.folders import Folder, Part, Picture
from models.training.classifiers.pictures import Prepared


def figures_of(
    release: LiteRTRelease,
    config: ClassifierConfig,
    folder: Folder,
    prepared: Prepared,
    history: Sequence[dict[str, float]],
) -> ClassifierFigures:
    """Of a release that was not yet weighed against a network, by itself: on its pictures, not in the pipeline."""
    classifier, trained = LiteRTClassifier(release), prepared.of(Part.TRAIN)
    counts = Counter(p.label for p in trained)
    return ClassifierFigures(
        CARD, config.network, release.id,
        trained_on={label: counts[label] for label in folder.classes},
        epochs=best_epoch(history) if config.early_stopping else len(history),
        early_stopping=config.early_stopping, seed=config.seed, fold=folder.cut.fold if folder.cut else None,
        test=measure(classifier, prepared.of(Part.TEST)), validation=measure(classifier, prepared.of(Part.VALIDATION)),
        in_pipeline=None, left_out=len(prepared.left_out),
        notes=(*(folder.cut.sources if folder.cut else ()), *prepared.notes),
        temperature=release.temperature, certain_from=release.certain_from,
        trained_groups=len({p.group for p in trained}), config=config.source, reweighted=config.reweighted,
    )  # fmt: skip


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
        confusion=_confusion(truth, said, types),
        calibration_error=with_interval(groups, calibration_error(confidence, right)),
        doubt_share=with_interval(groups, share(~sure, each)),
        certain_accuracy=_among(right, sure, groups),
    )


def _confusion(truth: np.ndarray, said: np.ndarray, types: Sequence[str]) -> dict[str, dict[str, int]]:
    return {
        true: {name: int(((truth == i) & (said == j)).sum()) for j, name in enumerate(types)}
        for i, true in enumerate(types)
    }


def _among(right: np.ndarray, among: np.ndarray, groups: Sequence[str]) -> Figure | None:
    return with_interval(groups, share(right & among, among), int(among.sum()))
