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
TUMOUR_FROM = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
NEVER = TUMOUR_FROM[0]  # no slice is so sure that its best candidate is reported whatever its score


@dataclass(frozen=True)
class Wanted:
    """What an operating point should be like.

    false_regions: at most so many are reported on a tumour-free image. faint, peaks_from: see `Calibration`.
    most_type_weight: of a head's logits, so that few patients do not make a type sure beyond reason.
    """

    false_regions: float = 0.05
    faint: tuple[float, ...] = Calibration.faint
    peaks_from: float | None = Calibration.peaks_from
    most_type_weight: float = 3.0


USUAL = Wanted()


@dataclass(frozen=True)
class Point:
    """A calibration with what it gives: how well tumours are shown (see `Example.shown_by`), on average, and false
    regions a tumour-free image, of which there may be `most`.
    """

    calibration: Calibration
    shown: float
    false_regions: float
    most: float

    @property
    def holds(self) -> bool:
        """Whether it reports no more false regions than there may be."""
        return self.false_regions <= self.most

    @property
    def rank(self) -> tuple[float, float]:
        """The higher the better: fewer false regions where there are too many, then what is shown."""
        return -max(self.false_regions, self.most), self.shown

    def in_words(self) -> str:
        """For the log."""
        return (
            f"tumours shown {self.shown:.3f}, {self.false_regions:.3f} false regions a tumour-free image "
            f"({'at most' if self.holds else 'MORE THAN'} {self.most}) on the images that chose it"
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
    calibration: Calibration,
    examples: Sequence[Example],
    found: Sequence[list[Candidate]],
    tumour: np.ndarray,
    most: float = USUAL.false_regions,
) -> Point:
    """The best `tumour_from`, at the first `report_from` from the calibration's own up that reports few false regions.

    found: the candidates of each example; tumour: its P(a tumour in the image), (n,); most: false regions on a
    tumour-free image.
    """
    judged = [Judged(e, c, p) for e, c, p in zip(examples, found, tumour, strict=True)]
    options = (
        replace(calibration, report_from=per_cent / 100, tumour_from=NEVER)
        for per_cent in range(round(100 * calibration.report_from), 100)
    )
    for option in options:
        if _false_regions(option, judged) <= most:
            break
    points = (_point(replace(option, tumour_from=tumour_from), judged, most) for tumour_from in TUMOUR_FROM)
    return max(points, key=lambda point: point.rank)


def _point(option: Calibration, judged: Sequence[Judged], most: float) -> Point:
    """Over tumours at a known place, or over boxed ones where there are no others."""
    tumours = [j for j in judged if j.example.located] or [j for j in judged if j.example.record.tumour]
    shown = float(np.mean([j.example.shown_by([c.mask for c in j.shown(option)]) for j in tumours] or [0.0]))
    return Point(option, shown, _false_regions(option, judged), most)


def _false_regions(option: Calibration, judged: Sequence[Judged]) -> float:
    return float(np.mean([len(j.shown(option)) for j in judged if j.example.record.clean] or [0]))


def certain_threshold(confidence: np.ndarray, correct: np.ndarray) -> float:
    """The least type probability above which 98 % are right, with at most a tenth of the slices in doubt; (n,) each."""
    for threshold in np.linspace(0.4, 0.99, 60):
        sure = confidence >= threshold
        if (~sure).mean() > MOST_DOUBT:
            break
        if correct[sure].mean() >= WANTED_ACCURACY:
            return round(float(threshold), 2)
    return round(float(np.quantile(confidence, MOST_DOUBT)), 2)
