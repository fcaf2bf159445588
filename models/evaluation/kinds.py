"""How well the type of tumour is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.bootstrap import with_interval
from models.evaluation.detection import type_precision
from models.evaluation.figures import Point, Precision, Reliability, TypeClass, Types
from models.evaluation.metrics import auc, reliability, roc_points, share
from models.evaluation.outcomes import Outcome
from models.report import Finding

DOUBT_SHARES = np.linspace(0, 0.5, 26)


@dataclass(frozen=True, eq=False)
class Case:
    """A tumour of known type with the finding that speaks of it, if any."""

    group: str
    label: str
    finding: Finding | None
    dice: float | None = None

    @property
    def said(self) -> str:
        """The finding's type; 'none' where there is none."""
        return self.finding.label if self.finding else "none"

    @property
    def right(self) -> bool:
        """The finding has the true type; none is wrong."""
        return self.said == self.label

    @property
    def certain(self) -> bool:
        """The finding's type is not in doubt."""
        return self.finding is not None and self.finding.certain

    @property
    def confidence(self) -> float:
        """The probability of the type that was said; 0 where nothing was."""
        return max(self.finding.probabilities.values()) if self.finding else 0.0


def type_figures(outcomes: Sequence[Outcome], types: Sequence[str]) -> Types:
    """Over slices with a tumour of known type, by the best finding."""
    cases = [Case(o.record.group, o.record.label or "", o.best, o.dice) for o in outcomes]
    precision, mean_precision = type_precision(outcomes, types)
    return _figures(cases, cases, types, precision, mean_precision)


def lesion_type_figures(cases: Sequence[Case], types: Sequence[str]) -> Types | None:
    """Over lesions of known type that a finding hits; the others are counted. None where there is none."""
    found = [case for case in cases if case.finding]
    none = Precision(None, None)
    return _figures(found, cases, types, dict.fromkeys(types, none), none) if found else None


def _figures(
    cases: Sequence[Case], all_cases: Sequence[Case], types: Sequence[str], by_type: Mapping[str, Precision],
    mean_precision: Precision,
) -> Types:  # fmt: skip
    groups = [case.group for case in cases]
    right = np.array([case.right for case in cases], float)
    certain = np.array([case.certain for case in cases], float)
    return Types(
        accuracy=with_interval(groups, share(right, np.ones_like(right))),
        certain_accuracy=with_interval(groups, share(right * certain, certain), int(certain.sum())),
        doubt_share=with_interval(groups, share(1 - certain, np.ones_like(certain))),
        doubt=_doubt(np.array([case.confidence for case in cases]), right),
        confusion=_confusion(all_cases, types),
        classes={t: _type_class(cases, t, by_type[t]) for t in types},
        mean_precision=mean_precision,
        reliability=_reliability(cases),
        missed=len(all_cases) - len(cases),
    )


def _surest(confidence: np.ndarray, set_aside: float) -> np.ndarray:
    """1 for the slices that stay where at most the share `set_aside`, the least sure, is set aside; else 0."""
    kept = np.ones(len(confidence))
    kept[np.argsort(confidence, kind="stable")[: int(set_aside * len(confidence) + 1e-9)]] = 0
    return kept


def _doubt(confidence: np.ndarray, right: np.ndarray) -> tuple[Point, ...]:
    """Risk against coverage (El-Yaniv 2010), told as doubt against accuracy."""
    return tuple((float(s), float(np.average(right, weights=_surest(confidence, s)))) for s in DOUBT_SHARES)


def _confusion(cases: Sequence[Case], types: Sequence[str]) -> dict[str, dict[str, int]]:
    pairs = [(case.label, case.said) for case in cases]
    return {true: {name: pairs.count((true, name)) for name in (*types, "none")} for true in types}


def _type_class(cases: Sequence[Case], name: str, precision: Precision) -> TypeClass:
    groups = [case.group for case in cases]
    true = np.array([case.label == name for case in cases], float)
    said = np.array([case.said == name for case in cases], float)
    probability = np.array([case.finding.probabilities.get(name, 0.0) if case.finding else 0.0 for case in cases])
    dices = [(case.group, case.dice) for case in cases if case.label == name and case.dice is not None]
    dice = share([d for _, d in dices], np.ones(len(dices)))
    return TypeClass(
        count=int(true.sum()),
        sensitivity=with_interval(groups, share(said * true, true), int(true.sum())),
        specificity=with_interval(groups, share((1 - said) * (1 - true), 1 - true), int((1 - true).sum())),
        auc=with_interval(groups, auc(probability, true)),
        roc=roc_points(probability, true),
        precision=precision,
        dice=with_interval([group for group, _ in dices], dice) if dices else None,
        groups=len({case.group for case in cases if case.label == name}),
    )


def _reliability(cases: Sequence[Case]) -> Reliability:
    """Of the probability of the type that was said, where anything was found."""
    found = [case for case in cases if case.finding]
    if not found:
        return Reliability(None, ())
    groups = [case.group for case in found]
    return reliability(groups, [case.confidence for case in found], [case.right for case in found])
