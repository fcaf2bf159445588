"""From releases and records to outcomes and figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from models.classifiers.choice import OWN
from models.collections import UNTYPED
from models.errors import EvaluationError
from models.evaluation.choosing import Part, gate_trained_on, trained_on
from models.evaluation.controls import ControlImages, control_images
from models.evaluation.figures import Evaluation
from models.evaluation.outcomes import Outcome, run_outcomes
from models.evaluation.summary import Subject, summarise
from models.pipeline import Pipeline
from models.report import ModelInfo

Step = Callable[[str, int], Callable[[], None]]
"""Announces a step of so many images and gives what is to be called after each: a progress bar, or nothing."""


def quietly(title: str, count: int) -> Callable[[], None]:
    """A `Step` that says nothing."""
    return lambda: None


def evaluate_parts(
    parts: Sequence[Part],
    engine: str,
    controls: bool = True,
    classifier: str = OWN,
    step: Step = quietly,
) -> tuple[Evaluation, list[Outcome]]:
    """The pooled figures of all parts with the outcomes that they are over.

    Raises EvaluationError where nothing can be judged, EngineError and ReleaseError as the pipeline does.
    """
    types = _one_design(parts)
    _require_known_types(parts, types)
    outcomes, ids, engines = list[Outcome](), list[str](), list[str]()
    for part in parts:
        with Pipeline.load(engine, releases=[part.release], classifier=classifier) as pipeline:
            tick = step(f"{part.release.name}, fold {part.folds}", len(part.records))
            outcomes += list(_ticking(run_outcomes(pipeline, part.records), tick))
            ids.append(pipeline.release)
            engines.append(pipeline.engine)
    subject = Subject(
        _model(outcomes),
        types,
        tuple(ids),
        tuple(part.folds for part in parts),
        engines[0],
        seen=any(trained_on(part, classifier) for part in parts),
        gate_seen=any(gate_trained_on(part.records) for part in parts),
        kind=parts[0].release.kind,
    )
    return summarise(outcomes, subject, _controls(outcomes, step) if controls else None), outcomes


def _model(outcomes: Sequence[Outcome]) -> ModelInfo:
    """Whose figures these are, as the results say it."""
    for outcome in outcomes:
        if outcome.report.model:
            return outcome.report.model
    raise EvaluationError("Every image was refused, so there is nothing to judge.")


def _one_design(parts: Sequence[Part]) -> tuple[str, ...]:
    """The types that all parts tell; raises EvaluationError where the parts are not trainings of one model."""
    designs = {(part.release.info, part.release.types, part.release.recipe) for part in parts}
    if len(designs) > 1:
        named = ", ".join(sorted({f"{m.name} {m.version} ({', '.join(t)}; {r.size} pixels)" for m, t, r in designs}))
        raise EvaluationError(f"These releases are not of one model, so their outcomes cannot be pooled: {named}.")
    return parts[0].release.types


def _require_known_types(parts: Sequence[Part], types: Sequence[str]) -> None:
    """Raises EvaluationError where a source has labelled tumours, and the model knows none of the labels."""
    labels_of: dict[str, set[str]] = defaultdict(set)
    for record in (r for part in parts for r in part.records if r.tumour and r.label):
        labels_of[record.source].add(record.label or "")
    for source, labels in labels_of.items():
        if not labels & set(types):
            raise EvaluationError(
                f"The tumours of {source} are labelled {', '.join(sorted(labels))}, of which the model knows none: it "
                f"says {', '.join(types)}. Spell them so, or label {UNTYPED} those of other types."
            )


def _controls(outcomes: Sequence[Outcome], step: Step) -> ControlImages:
    records = [o.record for o in outcomes if not o.refused]
    return control_images(records, step("border and histogram", len(records)))


def _ticking(outcomes: Iterator[Outcome], tick: Callable[[], None]) -> Iterator[Outcome]:
    for outcome in outcomes:
        tick()
        yield outcome
