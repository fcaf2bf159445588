"""From releases and records to outcomes and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from models.classifiers.choice import OWN
from models.collections import Record
from models.errors import EvaluationError
from models.evaluation.controls import ControlImages, control_images
from models.evaluation.figures import Evaluation
from models.evaluation.outcomes import Outcome, run_outcomes
from models.evaluation.summary import Subject, summarise
from models.pipeline import Pipeline
from models.release import Release

Step = Callable[[str, int], Callable[[], None]]
"""Announces a step of so many images and gives what is to be called after each: a progress bar, or nothing."""


def quietly(title: str, count: int) -> Callable[[], None]:
    """A `Step` that says nothing."""
    return lambda: None


@dataclass(frozen=True, eq=False)
class Part:
    """One release with the records that it is judged on."""

    release: Release
    records: Sequence[Record]
    folds: str  # the folds of the records, as the report names them


def evaluate_parts(
    parts: Sequence[Part],
    engine: str,
    seen: bool = False,
    controls: bool = True,
    classifier: str = OWN,
    step: Step = quietly,
) -> tuple[Evaluation, list[Outcome]]:
    """The pooled figures of all parts with the outcomes that they are over.

    Raises EvaluationError where nothing can be judged, EngineError and ReleaseError as the pipeline does.
    """
    types = _one_design(parts)
    outcomes, ids, engines = list[Outcome](), list[str](), list[str]()
    for part in parts:
        with Pipeline.load(engine, release=part.release, classifier=classifier) as pipeline:
            tick = step(f"{part.release.name}, fold {part.folds}", len(part.records))
            outcomes += list(_ticking(run_outcomes(pipeline, part.records), tick))
            ids.append(pipeline.release)
            engines.append(pipeline.engine)
    models = [o.report.model for o in outcomes if o.report.model]
    if not models:
        raise EvaluationError("Every image was refused, so there is nothing to judge.")
    folds = tuple(part.folds for part in parts)
    subject = Subject(models[0].name, models[0].version, types, tuple(ids), folds, engines[0], seen)
    return summarise(outcomes, subject, _controls(outcomes, step) if controls else None), outcomes


def _one_design(parts: Sequence[Part]) -> tuple[str, ...]:
    """The types that all parts tell; raises EvaluationError where the parts are not trainings of one model."""
    designs = {(part.release.info, part.release.types) for part in parts}
    if len(designs) > 1:
        named = ", ".join(sorted({f"{info.name} {info.version} ({', '.join(types)})" for info, types in designs}))
        raise EvaluationError(f"These releases are not of one model, so their outcomes cannot be pooled: {named}.")
    return parts[0].release.types


def _controls(outcomes: Sequence[Outcome], step: Step) -> ControlImages:
    records = [o.record for o in outcomes if not o.refused]
    return control_images(records, step("border and histogram", len(records)))


def _ticking(outcomes: Iterator[Outcome], tick: Callable[[], None]) -> Iterator[Outcome]:
    for outcome in outcomes:
        tick()
        yield outcome
