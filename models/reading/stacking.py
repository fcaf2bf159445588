"""The order of slices by where they lie in the patient, not by names or numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.reading.volume import Place

_PARALLEL = 0.02  # largest difference of two direction cosines of one stack
_SAME_PLACE_MM = 0.01
LEAST_SPACING_MM, MOST_SPACING_MM = 0.05, 50.0  # between slices


@dataclass(frozen=True)
class Geometry:
    """Where a slice lies (PS3.3 C.7.6.2): of its upper left pixel, mm; direction cosines of a row and a column.

    shape: (rows, columns). spacing_mm: between slices, as the header states it. Empty or None is not known.
    """

    position: tuple[float, ...]
    orientation: tuple[float, ...]
    shape: tuple[int, int]
    spacing_mm: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether it can be ordered by."""
        return len(self.position) == 3 and len(self.orientation) == 6 and bool(np.abs(self.normal).max() > 0.5)

    @property
    def normal(self) -> NDArray[np.float64]:
        """The direction in which slices follow each other."""
        axes = np.array(self.orientation).reshape(2, 3)
        return np.cross(axes[0], axes[1])

    def lies_with(self, other: Geometry) -> bool:
        """Whether both can belong to one stack."""
        if self.shape != other.shape or self.is_known != other.is_known:
            return False
        if not self.is_known:
            return True
        return bool(np.abs(np.subtract(self.orientation, other.orientation)).max() < _PARALLEL)


@dataclass(frozen=True)
class Stacked:
    """The slices to read, as (index, place), in order; `repeated`: how many lie where another one does."""

    order: tuple[tuple[int, Place], ...]
    repeated: int


def stacked(slices: Sequence[Geometry]) -> Stacked:
    """Slices sorted into stacks of parallel ones, the largest first. Of several at one place the first stays.

    Slices whose place is not known are a stack of their own, in the order given.
    """
    stacks: list[list[int]] = []
    for index, geometry in enumerate(slices):
        fitting = next((stack for stack in stacks if slices[stack[0]].lies_with(geometry)), None)
        if fitting is None:
            stacks.append(fitting := [])
        fitting.append(index)
    stacks.sort(key=len, reverse=True)
    ordered = [_ordered(stack, slices) for stack in stacks]
    order = tuple((i, replace(place, stack=number)) for number, stack in enumerate(ordered) for i, place in stack)
    return Stacked(order, len(slices) - len(order))


def _ordered(stack: Sequence[int], slices: Sequence[Geometry]) -> list[tuple[int, Place]]:
    first = slices[stack[0]]
    if not first.is_known:
        return [(index, Place(0, step, first.spacing_mm)) for step, index in enumerate(stack)]
    distances = {index: float(first.normal @ np.array(slices[index].position)) for index in stack}
    kept: list[int] = []
    for index in sorted(stack, key=lambda i: distances[i]):  # a stable sort: the first of one place comes first
        if not kept or distances[index] - distances[kept[-1]] > _SAME_PLACE_MM:
            kept.append(index)
    spacing = _spacing([distances[index] for index in kept]) or first.spacing_mm
    return list(zip(kept, _places([distances[index] for index in kept], spacing), strict=True))


def _spacing(distances: Sequence[float]) -> float | None:
    """The usual distance between neighbours in mm; None of a single slice, or where it is not plausible."""
    if len(distances) < 2:
        return None
    usual = float(np.median(np.diff(distances)))
    return usual if LEAST_SPACING_MM <= usual <= MOST_SPACING_MM else None


def _places(distances: Sequence[float], spacing: float | None) -> list[Place]:
    """Steps grow by one at least, and by more where slices are missing."""
    gaps = [max(1, round(gap / spacing)) if spacing else 1 for gap in np.diff(distances)]
    return [Place(0, step, spacing) for step in itertools.accumulate(gaps, initial=0)]
