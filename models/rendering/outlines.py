"""Outlines of regions: smooth, with a dark rim so that they show on bright tissue too."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.rendering.canvas import Colour, Picture

Points = NDArray[np.float64]

_FRACTION_BITS = 4  # OpenCV draws between pixels with fixed-point coordinates
_SMOOTHING_PIXELS = 7
_FILL_OPACITY = 0.15
_BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True)
class Pen:
    """Widths of a line and of the dark rim below it, and the lengths of its dashes, in picture pixels."""

    line: int = 2
    rim: int = 4
    dash: int = 9
    gap: int = 7


FINE = Pen()


def smooth_outline(contour: Points, scale: tuple[float, float]) -> Points:
    """A closed contour (n, 2) of stored points as picture points one pixel apart, freed of the pixel staircase."""
    corners = (contour + 0.5) * scale - 0.5
    closed = np.concatenate([corners, corners[:1]])
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    count = max(8, round(lengths[-1]))
    stations = np.arange(count) * (lengths[-1] / count)
    outline = np.stack([np.interp(stations, lengths, closed[:, axis]) for axis in (0, 1)], axis=1)
    reach = min(round(_SMOOTHING_PIXELS * max(1.0, *scale)), count // 6) // 2
    if reach == 0:
        return outline
    wrapped = np.concatenate([outline[-reach:], outline, outline[:reach]])
    sums = np.cumsum(np.concatenate([np.zeros((1, 2)), wrapped]), axis=0)
    return np.asarray((sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1))


def draw_region(picture: Picture, outline: Points, colour: Colour, dashed: bool, pen: Pen = FINE) -> None:
    """Tint the inside of a closed outline and draw the line, dashed where the type is in doubt."""
    _tint(picture, outline, colour)
    lines = _dashes(outline, pen) if dashed else [_fixed(np.concatenate([outline, outline[:1]]))]
    for ink, width in ((_BLACK, pen.rim), (colour, pen.line)):
        cv2.polylines(picture, lines, False, ink, width, cv2.LINE_AA, _FRACTION_BITS)


def _tint(picture: Picture, outline: Points, colour: Colour) -> None:
    x, y, width, height = cv2.boundingRect(outline.astype(np.float32))
    top, left, bottom, right = max(y, 0), max(x, 0), max(y + height, 0), max(x + width, 0)
    part = picture[top:bottom, left:right]
    if part.size == 0:
        return
    inside = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(inside, [_fixed(outline - (left, top))], 1, cv2.LINE_8, _FRACTION_BITS)
    tinted = cv2.addWeighted(part, 1 - _FILL_OPACITY, np.full_like(part, colour), _FILL_OPACITY, 0)
    cv2.copyTo(tinted, inside, part)


def _dashes(outline: Points, pen: Pen) -> list[NDArray[np.int32]]:
    """Pieces of an outline whose points are one pixel apart; the last gap is as wide as the others or wider."""
    period = pen.dash + pen.gap
    count = max(1, len(outline) // period)
    starts = (np.arange(count) * (len(outline) / count)).astype(int)
    return [_fixed(outline[start : start + pen.dash + 1]) for start in starts]


def _fixed(points: Points) -> NDArray[np.int32]:
    return np.rint(points * (1 << _FRACTION_BITS)).astype(np.int32)
