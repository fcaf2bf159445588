"""Connected regions of a map of logits: above a level, or around its peaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from models.geometry import Box

HALF = 0.5  # of a peak's probability: where its hill ends
HILL_CELLS = 10  # of the network's grid, from a peak to where it ends at the latest
APART_CELLS = 2  # a cell is no peak beside a higher one so near


@dataclass(frozen=True, eq=False)
class Region:
    """A connected region: `mask` bool (height, width) of its bounding box (x0, y0, x1, y1) in the frame."""

    box: Box
    mask: np.ndarray

    @property
    def place(self) -> tuple[slice, slice]:
        """Its box, as an index to an array of the whole frame."""
        x0, y0, x1, y1 = self.box
        return slice(y0, y1), slice(x0, x1)

    def within(self, field: np.ndarray) -> bool:
        """Whether the box's centre lies in `field`, bool of the frame."""
        x0, y0, x1, y1 = self.box
        return bool(field[(y0 + y1) // 2, (x0 + x1) // 2])

    def over(self, shape: tuple[int, ...]) -> np.ndarray:
        """The mask over the whole frame, bool of its `shape`."""
        whole = np.zeros(shape, bool)
        whole[self.place] = self.mask
        return whole


def components(mask: np.ndarray, least: float) -> list[Region]:
    """Of a bool mask (height, width), those of at least so many pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    large = 1 + np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= least)  # 0 is what lies around them
    return [_component(labels, int(i), *map(int, stats[i, :4])) for i in large]


def _component(labels: np.ndarray, number: int, x: int, y: int, width: int, height: int) -> Region:
    return Region((x, y, x + width, y + height), labels[y : y + height, x : x + width] == number)


def free_of(taken: np.ndarray, regions: Iterable[Region]) -> list[Region]:
    """Those that meet nothing that is `taken`, bool (height, width), nor one before them; taken afterwards too."""
    free = []
    for region in regions:
        if not (taken[region.place] & region.mask).any():
            taken[region.place] |= region.mask
            free.append(region)
    return free


def hills(logits: np.ndarray, cells: np.ndarray, least: float, most: int) -> list[Region]:
    """Around the `most` highest peaks of at least the logit `least`, highest first, what reaches half of their
    probability; they may meet each other.

    cells: the network's map (rows, columns) that `logits` (height, width) is an enlargement of.
    """
    scale = logits.shape[0] / cells.shape[0]
    return [_hill(logits, round((y + 0.5) * scale), round((x + 0.5) * scale), round(HILL_CELLS * scale))
            for y, x in _peaks(cells.astype(np.float32), least)[:most]]  # fmt: skip


def _peaks(cells: np.ndarray, least: float) -> list[tuple[int, int]]:
    """(row, column) of cells of at least `least` that are the highest of those around them, highest first; of cells
    side by side that are equally high, one.
    """
    around = cv2.dilate(cells, np.ones((2 * APART_CELLS + 1,) * 2, np.uint8))
    highest = (cells == around) & (cells >= least)
    _, plateaus = cv2.connectedComponents(highest.astype(np.uint8))
    rows, columns = np.nonzero(highest)
    _, first = np.unique(plateaus[rows, columns], return_index=True)
    order = first[np.argsort(-cells[rows[first], columns[first]], kind="stable")]
    return [(int(rows[i]), int(columns[i])) for i in order]


def _hill(logits: np.ndarray, y: int, x: int, reach: int) -> Region:
    top, left = max(y - reach, 0), max(x - reach, 0)
    y, x = min(y, logits.shape[0] - 1), min(x, logits.shape[1] - 1)
    part = logits[top : y + reach + 1, left : x + reach + 1]
    peak = 1 / (1 + np.exp(-np.clip(float(logits[y, x]), -30, 30)))
    _, labels = cv2.connectedComponents((part >= np.log(HALF * peak / (1 - HALF * peak))).astype(np.uint8))
    mask = labels == labels[y - top, x - left]
    across, down = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    box = (left + int(across[0]), top + int(down[0]), left + int(across[-1]) + 1, top + int(down[-1]) + 1)
    return Region(box, mask[down[0] : down[-1] + 1, across[0] : across[-1] + 1])
