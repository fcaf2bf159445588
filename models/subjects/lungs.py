"""The lungs in a frontal chest X-ray: where a drawing of the chest fits best, by normalised cross-correlation.

First at 24 pixels of width over all plausible widths and proportions, then at 48 around the best of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from models.geometry import Box
from models.subjects.subject import Subject, bounds, whole_image
from models.subjects.thorax import ABOVE, BESIDE, FIELD, drawing, filled

COARSE, FINE = 24, 48  # pixels of the image's width
AROUND = 0.25  # of the image's width: how far beyond it the drawing may reach
WIDTHS = np.linspace(0.5, 1.15, 8)  # of the lungs, of the image's width
PROPORTIONS = np.linspace(0.6, 1.5, 8)  # height of the lungs by their width
STEPS = (-0.67, -0.33, 0.0, 0.33, 0.67)  # of those above
REACH = 4  # pixels of FINE
LARGE = 0.35  # exponent of the area: of two that fit, the one that explains more of the image
CONVINCING = 0.55  # correlation
PLAIN = 0.05  # grey values of a collimated border differ by less, a label on it apart


@dataclass(frozen=True, order=True)
class Fit:
    """How well (score) lungs with the centre (x, y), the width and the proportion fit; in widths of the image."""

    score: float
    correlation: float = 0.0
    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    proportion: float = 1.0


def find_lungs(upright: NDArray[np.float32]) -> Subject:
    """Both lungs, what lies between and behind, in a frontal chest X-ray (h, w) as displayed, 0..1.

    The whole image where the chest fits nowhere: a lateral view, one upside down, no chest.
    """
    x0, y0, x1, y1 = exposed(upright)
    fit = best_fit(upright[y0:y1, x0:x1])
    if fit.correlation < CONVINCING:
        return whole_image(upright)
    width, height = fit.width * (x1 - x0), fit.width * fit.proportion * (x1 - x0)
    left, top = x0 + fit.x * (x1 - x0) - width / 2, y0 + fit.y * (x1 - x0) - height / 2
    canvas = np.zeros(upright.shape, np.uint8)
    filled(canvas, FIELD, (left, top, width, height), 1)
    field = canvas > 0
    return Subject(bounds(field), field=field)


def exposed(upright: NDArray[np.float32]) -> Box:
    """The image (h, w) without a border of one grey value; all of it where less than half a side would be left."""
    height, width = upright.shape
    step = max(1, max(height, width) // 128)
    sparse = upright[::step, ::step]
    shows = [
        np.flatnonzero(np.ptp(np.percentile(sparse, (10, 90), axis=axis), axis=0) > PLAIN) * step for axis in (0, 1)
    ]
    if any(len(places) * step < 0.5 * length for places, length in zip(shows, (width, height), strict=True)):
        return 0, 0, width, height
    (x0, x1), (y0, y1) = ((int(places[0]), int(places[-1]) + step) for places in shows)
    return x0, y0, min(x1, width), min(y1, height)


def best_fit(upright: NDArray[np.float32]) -> Fit:
    """Where the chest fits best."""
    small = _framed(upright, COARSE)
    coarse = max(_fit(small, COARSE, width, proportion) for width, proportion in product(WIDTHS, PROPORTIONS))
    small = _framed(upright, FINE)
    wider, taller = WIDTHS[1] - WIDTHS[0], PROPORTIONS[1] - PROPORTIONS[0]
    near = product(coarse.width + wider * np.array(STEPS), coarse.proportion + taller * np.array(STEPS))
    return max(_fit(small, FINE, width, proportion, coarse) for width, proportion in near)


def _framed(upright: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The image at `width`, its border's values repeated around it."""
    height = max(8, round(upright.shape[0] * width / upright.shape[1]))
    step = max(1, upright.shape[1] // (16 * width))  # of a large image, one pixel in `step` is enough
    small = cv2.resize(np.ascontiguousarray(upright[::step, ::step]), (width, height), interpolation=cv2.INTER_AREA)
    return np.pad(np.asarray(small, np.float32), round(AROUND * width), mode="edge")


def _fit(image: NDArray[np.float32], pixels: int, width: float, proportion: float, near: Fit | None = None) -> Fit:
    """The best place for lungs of a size, in an image of `pixels` and its frame; `near` another, or anywhere."""
    chest = drawing(round(width * pixels, 2), round(width * proportion * pixels, 2))
    corner = np.array((width * (0.5 + BESIDE), width * proportion * (0.5 + ABOVE))) - AROUND  # from it to the centre
    first = np.zeros(2, int)
    if near is not None:
        first = np.maximum(0, np.round((np.array((near.x, near.y)) - corner) * pixels).astype(int) - REACH)
        last = first + chest.shape[::-1] + np.array(2 * REACH)
        image = image[first[1] : last[1], first[0] : last[0]]
    if image.shape[0] < chest.shape[0] or image.shape[1] < chest.shape[1]:
        return Fit(-1.0)
    _, correlation, _, place = cv2.minMaxLoc(cv2.matchTemplate(image, chest, cv2.TM_CCOEFF_NORMED))
    x, y = (first + place) / pixels + corner
    return Fit(correlation * (width**2 * proportion) ** LARGE, correlation, x, y, width, proportion)
