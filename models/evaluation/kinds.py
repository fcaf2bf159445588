"""How well the type of tumour is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.evaluation.bootstrap import with_interval
from models.evaluation.detection import type_precision
from models.evaluation.figures import Point, Precision, Reliability, TypeClass, Types
from models.evaluation.metrics import auc, reliability, roc_points, share
from models.evaluation.outcomes import Outcome

DOUBT_SHARES = np.linspace(0, 0.5, 26)


def type_figures(outcomes: Sequence[Outcome], types: Sequence[str]) -> Types:
    """Over slices with a tumour of known type."""
    groups = [o.record.group for o in outcomes]
    right = np.array([o.typed_right for o in outcomes], float)
    certain = np.array([o.best is not None and o.best.certain for o in outcomes], float)
    confidence = np.array([o.confidence for o in outcomes])
    precision, mean_precision = type_precision(outcomes, types)
    return Types(
        accuracy=with_interval(groups, share(right, np.ones_like(right))),
        certain_accuracy=with_interval(groups, share(right * certain, certain), int(certain.sum())),
        doubt_share=with_interval(groups, share(1 - certain, np.ones_like(certain))),
        doubt=_doubt(confidence, right),
        confusion=_confusion(outcomes, types),
        classes={t: _type_class(outcomes, t, precision[t]) for t in types},
        mean_precision=mean_precision,
        reliability=_reliability(outcomes),
    )


def _surest(confidence: np.ndarray, set_aside: float) -> np.ndarray:
    """1 for the slices that stay where at most the share `set_aside`, the least sure, is set aside; else 0."""
    kept = np.ones(len(confidence))
    kept[np.argsort(confidence, kind="stable")[: int(set_aside * len(confidence) + 1e-9)]] = 0
    return kept


def _doubt(confidence: np.ndarray, right: np.ndarray) -> tuple[Point, ...]:
    """Risk against coverage (El-Yaniv 2010), told as doubt against accuracy."""
    return tuple((float(s), float(np.average(right, weights=_surest(confidence, s)))) for s in DOUBT_SHARES)


def _confusion(outcomes: Sequence[Outcome], types: Sequence[str]) -> dict[str, dict[str, int]]:
    pairs = [(o.record.label, o.said) for o in outcomes]
    return {true: {name: pairs.count((true, name)) for name in (*types, "none")} for true in types}


def _type_class(outcomes: Sequence[Outcome], name: str, precision: Precision) -> TypeClass:
    groups = [o.record.group for o in outcomes]
    true = np.array([o.record.label == name for o in outcomes], float)
    said = np.array([o.said == name for o in outcomes], float)
    probability = np.array([o.best.probabilities.get(name, 0.0) if o.best else 0.0 for o in outcomes])
    dices = [(o.record.group, o.dice) for o in outcomes if o.record.label == name and o.dice is not None]
    dice = share([d for _, d in dices], np.ones(len(dices)))
    return TypeClass(
        count=int(true.sum()),
        sensitivity=with_interval(groups, share(said * true, true), int(true.sum())),
        specificity=with_interval(groups, share((1 - said) * (1 - true), 1 - true), int((1 - true).sum())),
        auc=with_interval(groups, auc(probability, true)),
        roc=roc_points(probability, true),
        precision=precision,
        dice=with_interval([group for group, _ in dices], dice) if dices else None,
        groups=len({o.record.group for o in outcomes if o.record.label == name}),
    )


def _reliability(outcomes: Sequence[Outcome]) -> Reliability:
    """Of the probability of the type that was said, where anything was found."""
    found = [o for o in outcomes if o.best]
    if not found:
        return Reliability(None, ())
    groups = [o.record.group for o in found]
    return reliability(groups, [o.confidence for o in found], [o.typed_right for o in found])
