"""Outlines, and everything by the size of the tumour."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from models.evaluation.bootstrap import with_interval
from models.evaluation.detection import reported_on_tumour
from models.evaluation.figures import Figure, Outlines, SizeRow
from models.evaluation.metrics import median, share
from models.evaluation.outcomes import Outcome

HISTOGRAM_BINS = 20
SIZES = (("small, below 20 mm", 0.0, 20.0), ("medium, 20 to 40 mm", 20.0, 40.0), ("large, from 40 mm", 40.0, math.inf))


def outline_figures(outcomes: Sequence[Outcome]) -> Outlines | None:
    """Over slices whose truth is an outline."""
    pairs = [(o.record.group, o.dice) for o in outcomes if o.dice is not None]
    if not pairs:
        return None
    groups, dices = [group for group, _ in pairs], np.array([dice for _, dice in pairs])
    low, high = np.percentile(dices, [25, 75])
    return Outlines(
        mean=with_interval(groups, share(dices, np.ones_like(dices))),
        median=with_interval(groups, median(dices)),
        quartiles=(float(low), float(high)),
        histogram=tuple(int(n) for n in np.histogram(dices, HISTOGRAM_BINS, (0, 1))[0]),
    )


def size_rows(outcomes: Sequence[Outcome], typed: bool) -> tuple[SizeRow, ...]:
    """Slices with a tumour, by its equivalent diameter; accuracy only where the source has several types."""
    rows = []
    for name, least, most in SIZES:
        inside = [o for o in outcomes if o.diameter_mm is not None and least <= o.diameter_mm < most]
        if inside:
            dices = outline_figures(inside)
            accuracy = _mean(inside, [o.typed_right for o in inside]) if typed else None
            found = _mean(inside, [reported_on_tumour(o) for o in inside])
            groups = len({o.record.group for o in inside})
            rows.append(SizeRow(name, len(inside), found, dices.mean if dices else None, accuracy, groups))
    return tuple(rows)


def _mean(outcomes: Sequence[Outcome], values: Sequence[bool]) -> Figure | None:
    numbers = np.array(values, float)
    return with_interval([o.record.group for o in outcomes], share(numbers, np.ones_like(numbers)))
