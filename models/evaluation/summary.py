"""All figures of one evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.collections import several_types
from models.evaluation.bootstrap import with_interval
from models.evaluation.controls import ControlImages
from models.evaluation.detection import detection
from models.evaluation.figures import Across, Evaluation, Figure, Source
from models.evaluation.kinds import type_figures
from models.evaluation.lesions import outline_figures, size_rows
from models.evaluation.metrics import auc
from models.evaluation.outcomes import Outcome, counted
from models.evaluation.presence import presence_figures
from models.report import ModelInfo


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


def summarise(outcomes: Sequence[Outcome], subject: Subject, controls: ControlImages | None = None) -> Evaluation:
    """Every source by itself; `controls`, of the records that were not refused, adds the shortcut controls."""
    names = list(dict.fromkeys(o.source for o in outcomes))
    passed = [o for o in outcomes if not o.refused]
    inside = {name: np.array([o.source == name for o in passed]) for name in names}
    return Evaluation(
        name=subject.model.name,
        version=subject.model.version,
        releases=subject.releases,
        folds=subject.folds,
        engine=subject.engine,
        seen=subject.seen,
        sources={
            name: source_figures(
                [o for o in outcomes if o.source == name], subject.types, _control(controls, inside[name])
            )
            for name in names
        },
        across=_across(counted(outcomes), controls) if controls else None,
        gate_seen=subject.gate_seen,
    )


def source_figures(outcomes: Sequence[Outcome], types: Sequence[str], control_auc: Figure | None) -> Source:
    """One source: whatever its annotations let one say."""
    used = counted(outcomes)
    tumours = [o for o in used if o.record.tumour]
    known = [o for o in tumours if o.record.label in types]
    typed = known if several_types((o.source, o.record.label) for o in known) else []
    located = [o for o in used if o.truth_box or not o.record.tumour]
    return Source(
        slices=len(outcomes),
        groups=len({o.record.group for o in outcomes}),
        tumours=len(tumours),
        refused_tumours=sum(o.refused for o in tumours),
        refused_free=len(outcomes) - len(used),
        sizes=size_rows(tumours, typed=bool(typed)),
        detection=detection(located) if any(o.truth_box for o in located) else None,
        outlines=outline_figures(tumours),
        types=type_figures(typed, types) if typed else None,
        presence=presence_figures(used, control_auc) if len(used) > len(tumours) else None,
        unknown_types=_unknown_types(tumours, types),
    )


def _unknown_types(tumours: Sequence[Outcome], types: Sequence[str]) -> dict[str, int]:
    """How many tumours are of types that the model cannot say: they are left out of its figures by type."""
    counts = Counter(o.record.label for o in tumours if o.record.label and o.record.label not in types)
    return {label: counts[label] for label in sorted(counts)}


def _control(controls: ControlImages | None, inside: np.ndarray) -> Figure | None:
    return controls.tumour_auc(inside) if controls else None


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
