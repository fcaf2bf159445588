"""All figures of one evaluation in one frozen object, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models.evaluation.metrics import (
    Figure,
    average_precision,
    calibration_error,
    certain_accuracy,
    doubt_share,
    false_regions,
    mean_dice,
    reported_sensitivity,
    tumour_auc,
    type_accuracy,
    with_interval,
)
from models.evaluation.outcomes import Outcome
from models.training.sources import TYPED_POOL

ONE_SOURCE = ("brain_lgg", "brain_br35h")  # tumour or none is judged inside one source, never across


@dataclass(frozen=True)
class OneSource:
    """Tumour or none inside one collection."""

    auc: Figure
    sensitivity: Figure
    false_regions_per_slice: Figure
    calibration_error: float


@dataclass(frozen=True)
class Summary:
    """Figures over the held-out records. `confusion[true][said]` counts slices; said 'none' where nothing was found."""

    engine: str
    type_accuracy: Figure
    certain_accuracy: Figure
    doubt_share: float
    dice: Figure
    dice_median: float
    average_precision_50: dict[str, float]
    confusion: dict[str, dict[str, int]]
    tumour_or_none: dict[str, OneSource]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @property
    def mean_average_precision_50(self) -> float:
        """Over the types."""
        return sum(self.average_precision_50.values()) / len(self.average_precision_50)


def summarise(outcomes: Sequence[Outcome], types: Sequence[str], engine: str) -> Summary:
    """Types, boxes and outlines on the collection that has them all; tumour or none inside each other one."""
    typed = [o for o in outcomes if o.record.pool == TYPED_POOL]
    dices = sorted(o.dice for o in typed if o.dice is not None)
    return Summary(
        engine=engine,
        type_accuracy=with_interval(typed, type_accuracy),
        certain_accuracy=with_interval(typed, certain_accuracy),
        doubt_share=doubt_share(typed),
        dice=with_interval(typed, mean_dice),
        dice_median=dices[len(dices) // 2],
        average_precision_50=average_precision(typed, types),
        confusion=_confusion(typed, types),
        tumour_or_none={name: _one_source(outcomes, name) for name in ONE_SOURCE if _has(outcomes, name)},
    )


def _confusion(outcomes: Sequence[Outcome], types: Sequence[str]) -> dict[str, dict[str, int]]:
    said = [(o.record.label, o.best.label if o.best else "none") for o in outcomes]
    return {true: {name: said.count((true, name)) for name in (*types, "none")} for true in types}


def _has(outcomes: Sequence[Outcome], source: str) -> bool:
    return any(o.record.pool.startswith(source) for o in outcomes)


def _one_source(outcomes: Sequence[Outcome], source: str) -> OneSource:
    mine = [o for o in outcomes if o.record.pool.startswith(source)]
    return OneSource(
        auc=with_interval(mine, tumour_auc),
        sensitivity=with_interval([o for o in mine if o.record.tumour], reported_sensitivity),
        false_regions_per_slice=with_interval([o for o in mine if not o.record.tumour], false_regions),
        calibration_error=calibration_error(mine),
    )
