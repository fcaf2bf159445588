"""Findings on neighbouring slices become lesions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from models.volumes.sight import Sight, Spot

MOST_STEPS = 2
"""A lesion may be missed on one slice between two that show it."""
LEAST_SHARE = 0.1
"""Of the smaller of two spots, over the other, for both to be one lesion: slices of 5 mm and more show it shifted."""
MOST_LESIONS = 50


@dataclass(frozen=True, eq=False)
class Joined:
    """The spots of one lesion, each with its slice, in the volume's order. At least one of them was reported."""

    parts: tuple[tuple[Sight, Spot], ...]

    @cached_property
    def largest(self) -> tuple[Sight, Spot]:
        """The part of the largest area."""
        return max(self.parts, key=lambda part: part[1].finding.measurements.area)

    @cached_property
    def sights(self) -> tuple[Sight, ...]:
        """The slices that show it, each once."""
        return tuple({sight.index: sight for sight, _ in self.parts}.values())

    @property
    def score(self) -> float:
        """Of a finding's kind: full where two neighbouring slices have it, half where one alone does."""
        scores: dict[int, float] = defaultdict(float)
        for sight, spot in self.parts:
            scores[sight.index] = max(scores[sight.index], spot.finding.score)
        return supported(self.sights, [scores[sight.index] for sight in self.sights])


def supported(sights: Sequence[Sight], values: Sequence[float]) -> float:
    """The highest of these values, one a slice, that a neighbour has as well; at least half of the highest of all."""
    best = max(values, default=0.0) / 2
    for first in range(len(sights)):
        for second in range(first + 1, len(sights)):
            steps = sights[first].place.steps_to(sights[second].place)
            if steps is None or steps > MOST_STEPS:
                break
            best = max(best, min(values[first], values[second]))
    return best


def join(sights: Sequence[Sight]) -> list[Joined]:
    """The lesions of a volume, whose slices come in its order; the surest first, at most 50."""
    spots = [(sight, spot) for sight in sights for spot in sight.spots]
    before = list(range(len(spots)))  # of each spot an earlier one of its lesion, or itself
    for first, second in _touching(spots):
        before[_first(before, second)] = _first(before, first)
    members: dict[int, list[tuple[Sight, Spot]]] = defaultdict(list)
    for number, part in enumerate(spots):
        members[_first(before, number)].append(part)
    lesions = [Joined(tuple(parts)) for parts in members.values() if any(spot.finding.reported for _, spot in parts)]
    return sorted(lesions, key=lambda lesion: -lesion.score)[:MOST_LESIONS]


def _first(before: list[int], number: int) -> int:
    """The spot that stands for the lesion of this one."""
    while before[number] != number:
        before[number] = before[before[number]]
        number = before[number]
    return number


def _touching(spots: Sequence[tuple[Sight, Spot]]) -> Iterator[tuple[int, int]]:
    """Pairs of spots, by number, that are parts of one lesion."""
    for first, (sight, spot) in enumerate(spots):
        for second in range(first + 1, len(spots)):
            other, neighbour = spots[second]
            if other.index == sight.index:
                continue
            steps = sight.place.steps_to(other.place)
            if steps is None or steps > MOST_STEPS:
                break
            if spot.share_with(neighbour) >= LEAST_SHARE:
                yield first, second
