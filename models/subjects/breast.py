"""The breast in a mammogram: what is neither background nor label nor strip, and on which side the chest wall lies.

Works on the image shrunk to 256 pixels: brighter than the background, opened (no text, marker, scratch or thin strip
survives that), the largest part that is left, with what the opening took from its outline given back.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.subjects.shrinking import enlarged, shrunk
from models.subjects.subject import Subject, bounds, whole_image

SIDE = 256  # pixels of the longer side at work
WHITE = 0.9  # of the brightest: film labels and strips, which must not decide what is bright
SKIN = 0.06  # of the way from the background to the breast's median: the skin line on film
OPENING = 21  # pixels: wider than labels and strips beside the breast, narrower than any breast
NIPPLE = 11  # pixels: how far what stands out from the opened outline still belongs to it
AREA = (0.04, 0.98)  # of the image


def find_breast(upright: NDArray[np.float32]) -> Subject:
    """The breast, with the pectoral muscle, in a mammogram (h, w) as displayed, 0..1; either side, any view.

    Mirrored where the chest wall lies on the right, inverted where the background is white. The whole image where no
    breast stands out from a background, as in a magnification view.
    """
    small = shrunk(upright, SIDE)
    inverted = _is_inverted(small)
    breast = _largest_part(_above_background(1 - small if inverted else small))
    if not AREA[0] < breast.mean() < AREA[1]:
        return replace(whole_image(upright), inverted=inverted)
    tissue = enlarged(breast, upright.shape)
    return Subject(bounds(tissue), tissue, tissue, _wall_on_the_right(breast), inverted)


def _is_inverted(small: NDArray[np.float32]) -> bool:
    """Whether the background is white: most of the border is, and hardly anything is black."""
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    white, black = np.mean(border > 0.85), np.mean(border < 0.15)
    return bool(white > 0.3 and white > 2 * black and np.mean(small < 0.15) < 0.15)


def _above_background(small: NDArray[np.float32]) -> NDArray[np.uint8]:
    """1 where it is brighter than the background: skin, labels, strips."""
    grey = (small * (255 / max(float(small.max()), 1e-6))).astype(np.uint8)
    usual = grey[grey <= WHITE * 255]
    middle, _ = cv2.threshold(usual.reshape(-1, 1), 0, 255, cv2.THRESH_OTSU)
    inside = float(np.median(usual[usual > middle])) if (usual > middle).any() else 255.0
    film = usual[(usual > 2) & (usual < 0.3 * inside)]  # 0..2: outside the film
    base = int(np.bincount(film).argmax()) if film.size > 0.05 * grey.size else 0
    return (grey > base + SKIN * (inside - base)).astype(np.uint8)


def _largest_part(bright: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The largest of the parts that are wider than a label."""
    # Black beyond the image: a strip along its border is a strip.
    wide = cv2.morphologyEx(bright, cv2.MORPH_OPEN, _disc(OPENING), borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    _, parts, stats, _ = cv2.connectedComponentsWithStats(wide)
    if len(stats) < 2:
        return np.zeros(bright.shape, np.bool_)
    largest = (parts == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])).astype(np.uint8)
    near = cv2.dilate(largest, _disc(NIPPLE)) > 0
    return np.asarray((largest > 0) | (near & (bright > 0)))


def _disc(diameter: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter)), np.uint8)


def _wall_on_the_right(breast: NDArray[np.bool_]) -> bool:
    """Whether the breast is wider, top to bottom, in the right third of its bounds than in the left one."""
    heights = breast.sum(axis=0)
    heights = heights[heights > 0]
    third = max(1, len(heights) // 3)
    return bool(heights[-third:].sum() > heights[:third].sum())
