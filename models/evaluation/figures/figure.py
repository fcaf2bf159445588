"""One figure with its interval, and what several are made of."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
"""(x, y) of a curve."""


@dataclass(frozen=True)
class Figure:
    """A figure with the interval that 95 % of the resampled patient groups give, and how many slices it is over."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class Bin:
    """Slices whose said probability lies in one tenth: the mean said, the share that came true, how many."""

    said: float
    seen: float
    count: int


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram and its expected calibration error (ECE, Naeini 2015) over ten equal-width bins."""

    error: Figure | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Precision:
    """Average precision of boxes at IoU 0.5, and its mean over IoU 0.50, 0.55 ... 0.95, as COCO defines them."""

    at_50: Figure | None
    at_50_to_95: Figure | None
