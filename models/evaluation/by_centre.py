"""Figures lesion by lesion, where several lie in an image and a hit is by a candidate's centre."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from models.collections import Lesion
from models.collections.hits import FALSE, does_count, lesions_hit
from models.evaluation.bootstrap import with_interval
from models.evaluation.detection import score_reliability
from models.evaluation.figures import Detection, Figure, LesionGroup, Precision, SizeRow
from models.evaluation.froc import Froc
from models.evaluation.kinds import Case
from models.evaluation.metrics import share
from models.evaluation.outcomes import Outcome
from models.report import Finding

FALSE_PER_IMAGE = (0.3, 0.5, 1.0, 2.0, 5.0)
SIZES = (("small, below 15 mm", 0.0, 15.0), ("medium, 15 to 30 mm", 15.0, 30.0), ("large, from 30 mm", 30.0, math.inf))
Wanted = Callable[[Lesion], bool]
Groups = Mapping[str, Wanted]


def lesion_detection(outcomes: Sequence[Outcome], groups: Groups) -> Detection:
    """Over images whose lesions have a known place, or which have none: of all that count, and of each group."""
    every = _group(outcomes, does_count)
    return Detection(
        precision=Precision(None, None),
        froc=every.froc,
        sensitivity_at=every.sensitivity_at,
        found=every.found,
        scores=score_reliability(outcomes),
        lesions={name: _group(outcomes, partial(_counts_in, wanted)) for name, wanted in groups.items()},
    )


def lesion_cases(outcomes: Sequence[Outcome], types: Sequence[str]) -> list[Case]:
    """Each lesion that counts and is of a type that the model knows, with the best finding on it."""
    return [
        Case(o.record.group, lesion.label, finding)
        for o in outcomes
        for lesion, finding in _with_findings(o, o.report.findings)
        if lesion.label in types and lesion.label
    ]


def lesion_sizes(outcomes: Sequence[Outcome]) -> tuple[SizeRow, ...]:
    """Lesions that count, by their annotated diameter; a reported finding has to lie on them."""
    lesions = [(o.record.group, *pair) for o in outcomes for pair in _with_findings(o, o.reported)]
    rows = []
    for name, least, most in SIZES:
        inside = [
            (group, finding is not None)
            for group, lesion, finding in lesions
            if lesion.diameter_mm is not None and least <= lesion.diameter_mm < most
        ]
        if inside:
            patients = [group for group, _ in inside]
            rows.append(SizeRow(name, len(inside), _mean(patients, inside), None, None, len(set(patients))))
    return tuple(rows)


def found_share(outcome: Outcome) -> float | None:
    """Of an image's lesions that count, the share with a reported finding; None where there are none."""
    found = [finding is not None for _, finding in _with_findings(outcome, outcome.reported)]
    return sum(found) / len(found) if found else None


def _mean(patients: Sequence[str], inside: Sequence[tuple[str, bool]]) -> Figure | None:
    return with_interval(patients, share([found for _, found in inside], np.ones(len(inside))))


def _counts_in(wanted: Wanted, lesion: Lesion) -> bool:
    return lesion.counts and wanted(lesion)


def _group(outcomes: Sequence[Outcome], wanted: Wanted) -> LesionGroup:
    patients = [o.record.group for o in outcomes]
    counts = np.array([sum(map(wanted, o.record.lesions)) for o in outcomes], float)
    reported = [sum(f is not None for _, f in _with_findings(o, o.reported, wanted)) for o in outcomes]
    froc = Froc(patients, counts, ((f.score, i, hit) for i, o in enumerate(outcomes) for f, hit in _hits(o, wanted)))
    return LesionGroup(
        count=int(counts.sum()),
        groups=len({patient for patient, count in zip(patients, counts, strict=True) if count}),
        found=with_interval(patients, share(reported, counts), int(counts.sum())),
        froc=froc.points(),
        sensitivity_at=froc.sensitivities(FALSE_PER_IMAGE),
    )


def _hits(outcome: Outcome, wanted: Wanted) -> list[tuple[Finding, bool | None]]:
    """Each finding, best first, with whether it is the first on a wanted lesion; None where it counts neither way."""
    findings = outcome.report.findings
    numbers = lesions_hit(outcome.record, [f.box for f in findings], wanted)
    return [(f, None if n is None else n != FALSE) for f, n in zip(findings, numbers, strict=True)]


def _with_findings(
    outcome: Outcome, findings: Sequence[Finding], wanted: Wanted = does_count
) -> list[tuple[Lesion, Finding | None]]:
    """Each wanted lesion with the best of the findings that lies on it."""
    numbers = lesions_hit(outcome.record, [f.box for f in findings], wanted)
    of = {number: finding for number, finding in zip(numbers, findings, strict=True) if number is not None}
    return [(lesion, of.get(number)) for number, lesion in enumerate(outcome.record.lesions) if wanted(lesion)]
