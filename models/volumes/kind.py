"""Which kind of volume it is: decided once, by slices from its middle, and then held against each slice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.errors import ScanRejectedError
from models.presets import PRESETS
from models.reading import Scan, Volume
from models.report import Kind

LOOKS = 5
VOLUME_KINDS = frozenset({Kind.BRAIN_MRI})
"""Kinds whose slices are read one by one; what else comes in slices, such as tomosynthesis, no model here has seen."""
_MIDDLE = (0.3, 0.7)


def volume_kind(volume: Volume, choose: Callable[[Scan], Kind]) -> Kind:
    """The kind that `choose` says of most of five slices from the middle of the largest stack.

    Raises ScanRejectedError where it refuses most of them, with what it said of the most central one.
    """
    kinds: list[Kind] = []
    refusals: list[ScanRejectedError] = []
    for index in _looked_at(volume):
        try:
            kinds.append(choose(volume.slices[index].read()))
        except ScanRejectedError as error:
            refusals.append(error)
    if len(refusals) >= len(kinds):
        raise refusals[0]
    kind = max(kinds, key=kinds.count)
    if kind not in VOLUME_KINDS:
        raise ScanRejectedError(
            f"This is a {PRESETS[kind].title} of {len(volume)} slices; single images are read.", kind
        )
    return kind


def _looked_at(volume: Volume) -> list[int]:
    """Indices, the most central first."""
    count = sum(part.place.stack == 0 for part in volume.slices)
    spread = {int(i) for i in np.linspace(_MIDDLE[0] * (count - 1), _MIDDLE[1] * (count - 1), LOOKS).round()}
    return sorted(spread, key=lambda index: abs(index - (count - 1) / 2))
