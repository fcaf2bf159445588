"""Thresholds: from where a region is reported, and from where its type is not in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.calibration import Calibration
from models.candidates import Candidate
from models.training.examples import Example

MOST_DOUBT = 0.10
WANTED_ACCURACY = 0.98
MOST_FALSE_REGIONS = 0.05  # per tumour-free slice
TUMOUR_FROM = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
NEVER = TUMOUR_FROM[0]  # no slice is so sure that its best candidate is reported whatever its score


@dataclass(frozen=True)
class Point:
    """A calibration with what it gives: mean Dice of the tumours, and false regions a tumour-free slice."""

    calibration: Calibration
    dice: float
    false_regions: float

    @property
    def holds(self) -> bool:
        """Whether it reports no more false regions than there may be."""
        return self.false_regions <= MOST_FALSE_REGIONS

    @property
    def rank(self) -> tuple[float, float]:
        """The higher the better: fewer false regions where there are too many, then Dice."""
        return -max(self.false_regions, MOST_FALSE_REGIONS), self.dice

    def in_words(self) -> str:
        """For the log."""
        return (
            f"Dice {self.dice:.3f}, {self.false_regions:.3f} false regions a tumour-free slice "
            f"({'at most' if self.holds else 'MORE THAN'} {MOST_FALSE_REGIONS}) on the images that chose it"
        )


@dataclass(frozen=True, eq=False)
class Judged:
    """An example with its candidates, best first, and its P(a tumour in the image)."""

    example: Example
    candidates: Sequence[Candidate]
    tumour: float

    def shown(self, option: Calibration) -> list[Candidate]:
        """Those that are reported."""
        return [c for rank, c in enumerate(self.candidates) if option.reports(rank, c.score, self.tumour)]


def best_threshold(scores: np.ndarray, hits: np.ndarray) -> float:
    """The score from which reporting gives the best F1 over the candidates, (n,) each."""
    thresholds = np.linspace(0.05, 0.95, 91)
    f1 = [2 * (hits & (scores >= t)).sum() / max(hits.sum() + (scores >= t).sum(), 1) for t in thresholds]
    return round(float(thresholds[int(np.argmax(f1))]), 2)


def choose_point(
    calibration: Calibration, examples: Sequence[Example], found: Sequence[list[Candidate]], tumour: np.ndarray
) -> Point:
    """The best `tumour_from`, at the first `report_from` from the calibration's own up that reports few false regions.

    found: the candidates of each example; tumour: its P(a tumour in the image), (n,).
    """

    judged = [Judged(e, c, p) for e, c, p in zip(examples, found, tumour, strict=True)]
    options = (
        replace(calibration, report_from=per_cent / 100, tumour_from=NEVER)
        for per_cent in range(round(100 * calibration.report_from), 100)
    )
    for option in options:
        if _false_regions(option, judged) <= MOST_FALSE_REGIONS:
            break
    points = (_point(replace(option, tumour_from=tumour_from), judged) for tumour_from in TUMOUR_FROM)
    return max(points, key=lambda point: point.rank)


def _point(option: Calibration, judged: Sequence[Judged]) -> Point:
    """Its Dice is over outlined tumours, or over boxed ones where there are no others."""
    tumours = [j for j in judged if j.example.outlined] or [j for j in judged if j.example.record.tumour]
    dice = float(np.mean([_dice(j.shown(option), j.example) for j in tumours] or [0.0]))
    return Point(option, dice, _false_regions(option, judged))


def _false_regions(option: Calibration, judged: Sequence[Judged]) -> float:
    return float(np.mean([len(j.shown(option)) for j in judged if not j.example.record.tumour] or [0]))


def _dice(shown: Sequence[Candidate], example: Example) -> float:
    if not shown:
        return 0.0
    mask = np.any([c.mask for c in shown], axis=0)
    return float(2 * (mask & example.truth).sum() / max(mask.sum() + example.truth.sum(), 1))


def certain_threshold(confidence: np.ndarray, correct: np.ndarray) -> float:
    """The least type probability above which 98 % are right, with at most a tenth of the slices in doubt; (n,) each."""
    for threshold in np.linspace(0.4, 0.99, 60):
        sure = confidence >= threshold
        if (~sure).mean() > MOST_DOUBT:
            break
        if correct[sure].mean() >= WANTED_ACCURACY:
            return round(float(threshold), 2)
    return round(float(np.quantile(confidence, MOST_DOUBT)), 2)
