"""Where a label goes: beside its region, inside the picture, on no other label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.geometry import Box

_GAP = 4


def place_label(
    outline: NDArray[np.float64], label: tuple[int, ...], picture: tuple[int, ...], taken: Sequence[Box]
) -> Box:
    """The box for a label of (height, width) beside an outline (n, 2), the first of a few places that is free.

    Where none is, the one that covers least of what is taken.
    """
    places = [_inside(place, label, picture) for place in _places(outline, label)]
    return min(places, key=lambda place: sum(_overlap(place, other) for other in [*taken, _bounds(outline)]))


def _places(outline: NDArray[np.float64], label: tuple[int, ...]) -> list[tuple[int, int]]:
    """Top-left corners, best first: above, below, to the right and to the left of the outline."""
    height, width = label
    x0, y0, x1, y1 = _bounds(outline)
    middle_x, middle_y = (x0 + x1 - width) // 2, (y0 + y1 - height) // 2
    above, below, right, left = y0 - height - _GAP, y1 + _GAP, x1 + _GAP, x0 - width - _GAP
    beside = [(right, middle_y), (left, middle_y), (right, above), (left, above), (right, below), (left, below)]
    return [(middle_x, above), (middle_x, below), *beside]


def _inside(corner: tuple[int, int], label: tuple[int, ...], picture: tuple[int, ...]) -> Box:
    """The label's box at `corner`, moved into the picture as far as it fits."""
    x = max(0, min(corner[0], picture[1] - label[1]))
    y = max(0, min(corner[1], picture[0] - label[0]))
    return x, y, x + label[1], y + label[0]


def _bounds(outline: NDArray[np.float64]) -> Box:
    low, high = np.floor(outline.min(axis=0)), np.ceil(outline.max(axis=0))
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _overlap(a: Box, b: Box) -> int:
    """Shared pixels of two boxes."""
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
