"""All figures of one evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.collections import COLLECTIONS, Record
from models.evaluation.bootstrap import with_interval
from models.evaluation.controls import ControlImages
from models.evaluation.figures import Across, Evaluation, Figure, Presence, Source
from models.evaluation.metrics import auc
from models.evaluation.outcomes import Outcome, counted
from models.evaluation.placed import by_centre, by_overlap
from models.evaluation.presence import MALIGNANT, TUMOUR, Question, presence_figures
from models.report import Kind, ModelInfo


@dataclass(frozen=True)
class Subject:
    """What was evaluated: the model, the id of each set of weights with the fold it was run on, and how.

    seen, gate_seen: the network (or a second stage), or the gate, was trained on some of the records.
    """

    model: ModelInfo
    types: tuple[str, ...]
    releases: tuple[str, ...]
    folds: tuple[str, ...]
    engine: str
    seen: bool
    gate_seen: bool
    kind: Kind = Kind.BRAIN_MRI


Control = Callable[[Callable[[Record], bool]], Figure | None]
"""The AUC of border and histogram alone for a question that is asked of a source's records."""


def summarise(outcomes: Sequence[Outcome], subject: Subject, controls: ControlImages | None = None) -> Evaluation:
    """Every source by itself; `controls`, of the records that were not refused, adds the shortcut controls."""
    names = list(dict.fromkeys(o.source for o in outcomes))
    return Evaluation(
        name=subject.model.name,
        version=subject.model.version,
        releases=subject.releases,
        folds=subject.folds,
        engine=subject.engine,
        seen=subject.seen,
        sources={
            name: source_figures([o for o in outcomes if o.source == name], subject.types, _control(controls, name))
            for name in names
        },
        across=_across(counted(outcomes), controls) if controls else None,
        gate_seen=subject.gate_seen,
        kind=subject.kind.value,
    )


def source_figures(outcomes: Sequence[Outcome], types: Sequence[str], control: Control | None = None) -> Source:
    """One source: whatever its annotations let one say."""
    used = counted(outcomes)
    tumours = [o for o in used if o.record.tumour]
    whole = [o for o in used if o.record.tumour or o.record.clean]
    ours = next((c for c in COLLECTIONS if c.folder == outcomes[0].record.collection), None)
    groups = dict(ours.groups) if ours else {}
    placed = by_centre(used, types, groups) if groups else by_overlap(used, types)
    asked = any(o.record.malignant is not None for o in whole)
    return Source(
        slices=len(outcomes),
        groups=len({o.record.group for o in outcomes}),
        tumours=len(tumours),
        refused_tumours=sum(o.refused for o in tumours),
        refused_free=len(outcomes) - len(used),
        sizes=placed.sizes,
        detection=placed.detection,
        outlines=placed.outlines,
        types=placed.types,
        presence=_answer(whole, TUMOUR, control) if len(whole) > len(tumours) else None,
        unknown_types=_unknown_types(tumours, types),
        malignant=_answer(whole, MALIGNANT, control) if asked else None,
        nowhere=sum(o.record.by_centre and not o.record.lesions for o in tumours),
        uncounted=len(used) - len(whole),
        remark=ours.remark if ours else "",
    )


def _answer(outcomes: Sequence[Outcome], question: Question, control: Control | None) -> Presence:
    return presence_figures(outcomes, control(question.truth) if control else None, question)


def _unknown_types(tumours: Sequence[Outcome], types: Sequence[str]) -> dict[str, int]:
    """How many tumours are of types that the model cannot say: they are left out of its figures by type."""
    counts = Counter(o.record.label for o in tumours if o.record.label and o.record.label not in types)
    return {label: counts[label] for label in sorted(counts)}


def _control(controls: ControlImages | None, source: str) -> Control | None:
    if controls is None:
        return None
    chosen = np.array([r.source == source and (r.tumour or r.clean) for r in controls.records], bool)
    return partial(controls.tumour_auc, chosen)


def _across(outcomes: Sequence[Outcome], controls: ControlImages) -> Across | None:
    """Only where several collections have images that passed: the control sees no others."""
    collections = [record.collection for record in controls.records]
    if len(set(collections)) < 2:
        return None
    groups, truth = [o.record.group for o in outcomes], [o.record.tumour for o in outcomes]
    return Across(
        control_auc=controls.tumour_auc(np.ones(len(collections), bool)),
        model_auc=with_interval(groups, auc([o.tumour_probability for o in outcomes], truth)),
        source_accuracy=controls.source_accuracy(collections),
        collections=len(set(collections)),
    )
