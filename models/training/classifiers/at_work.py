"""Measure a classifier at work: behind a network, which finds the region, on patients whom neither knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.classifiers.choice import OWN
from models.classifiers.release import LiteRTRelease, load_litert_release
from models.collections import Record
from models.errors import TrainingDataError
from models.evaluation.bootstrap import with_interval
from models.evaluation.card import EVALUATION_FILE, write_figures
from models.evaluation.choosing import unknown_to
from models.evaluation.decoding import decode
from models.evaluation.metrics import calibration_error, share
from models.evaluation.outcomes import Outcome, run_outcomes
from models.pipeline import Pipeline
from models.release import Release
from models.training.classifiers.beside import Beside
from models.training.classifiers.figures import ClassifierFigures, PipelineFigures, Typed
from models.training.classifiers.parts import tested_fold, typed_records


def measure_again(folder: Path, beside: Beside) -> LiteRTRelease:
    """Renew what the finished release in `folder` is said to do in the pipeline; its other figures are of pictures.

    Raises ReleaseError, or TrainingDataError where its figures are of other weights, or no patient is new to both.
    """
    release = load_litert_release(folder)
    try:
        values = json.loads((folder / EVALUATION_FILE).read_text(encoding="utf-8"))
        figures = decode(ClassifierFigures, {**values, "in_pipeline": None})
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise TrainingDataError(f"{folder} holds no evaluation of a classifier: {error!r}.") from error
    if figures.release != release.id:
        raise TrainingDataError(f"{folder / EVALUATION_FILE} is of {figures.release}, and the release is {release.id}.")
    if figures.fold != tested_fold(beside.network):
        raise TrainingDataError(
            f"{release.id} left out fold {figures.fold}, {beside.network.id} fold {tested_fold(beside.network)}: no "
            "patient is new to both."
        )
    write_figures(folder, replace(figures, in_pipeline=measure_in_pipeline(release, beside)))
    return release


def measure_in_pipeline(release: LiteRTRelease, beside: Beside) -> PipelineFigures:
    """On the fold that `beside.network` never saw: what it says itself, and with the classifier behind it."""
    network = beside.network
    records = _unknown(typed_records(beside.collections, network), network, release)
    own, _ = _run(network, OWN, records)
    with_classifier, ids = _run(network, str(release.folder), records)
    return PipelineFigures(
        network=f"{network.name} {network.version}",
        releases=ids,
        fold=tested_fold(network),
        slices=len(records),
        groups=len({r.patient for r in records}),
        own=_typed(own),
        with_classifier=_typed(with_classifier),
    )


def _unknown(records: Iterable[Record], network: Release, release: LiteRTRelease) -> list[Record]:
    """Those of the held-out fold whom neither release was made with. Raises TrainingDataError."""
    unknown = unknown_to(network, records, str(release.folder))
    chosen = [r for r in unknown if r.fold == tested_fold(network)]
    if not chosen:
        raise TrainingDataError(f"No slice of known type is of fold {tested_fold(network)} and new to {network.id}.")
    return chosen


def _run(network: Release, classifier: str, records: Sequence[Record]) -> tuple[list[Outcome], tuple[str, ...]]:
    with Pipeline.load("litert", releases=[network], classifier=classifier) as pipeline:
        return list(run_outcomes(pipeline, records)), tuple(pipeline.release.split("+"))


def _typed(outcomes: Sequence[Outcome]) -> Typed:
    groups, found = [o.record.patient for o in outcomes], [o for o in outcomes if o.best]
    right = np.array([o.typed_right for o in outcomes], bool)
    certain = np.array([o.best is not None and o.best.certain for o in outcomes], bool)
    error = calibration_error([o.confidence for o in found], [o.typed_right for o in found])
    return Typed(
        accuracy=with_interval(groups, share(right, np.ones(len(right)))),
        doubt_share=with_interval(groups, share(~certain, np.ones(len(certain)))),
        certain_accuracy=with_interval(groups, share(right & certain, certain), int(certain.sum())),
        calibration_error=with_interval([o.record.patient for o in found], error) if found else None,
    )
