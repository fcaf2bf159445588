"""Parts of an image at the resolution of the whole: small lesions are learnt from more of them for the same work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.training.packing import Picture
from models.training.truth_values import IGNORED, OTHER_TUMOUR, is_tumour

ON_A_TUMOUR = 0.6  # of the windows of an image with one; the others lie anywhere
FARTHEST = 0.4  # of the window's side: from its centre to the point of the tumour that it was laid on


def cut_window(image: np.ndarray, picture: Picture, side: int, rng: np.random.Generator) -> tuple[np.ndarray, Picture]:
    """A square of `side` pixels of a network input (h, w), and the picture as it is seen there; `side` has to fit."""
    shown = _shown(picture)
    (y, x), height, width = _centre(shown, side, rng), *image.shape
    top = int(np.clip(y - side // 2, 0, height - side))
    left = int(np.clip(x - side // 2, 0, width - side))
    place = np.s_[top : top + side, left : left + side]
    return image[place], _seen_in(picture, picture.mask[place], shown[place])


def _shown(picture: Picture) -> np.ndarray:
    """Where the tumour is, bool (h, w): its outline, or where it has none, its box."""
    outline = is_tumour(picture.mask)
    return picture.mask == IGNORED if picture.tumour and not outline.any() else outline


def _centre(shown: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """(y, x) near a point of a tumour, or any."""
    points = np.argwhere(shown) if rng.random() < ON_A_TUMOUR else ()
    if not len(points):
        return np.asarray(rng.integers(0, shown.shape))
    point = points[rng.integers(len(points))]
    return np.asarray(point + rng.integers(-int(FARTHEST * side), int(FARTHEST * side) + 1, 2))


def _seen_in(picture: Picture, mask: np.ndarray, shown: np.ndarray) -> Picture:
    """What a reader who sees no more than `mask`, and the tumour where it is `shown`, would say of it."""
    tumour = bool(shown.any())
    label = picture.label if (shown & (mask != OTHER_TUMOUR)).any() else None
    doubtful = not tumour and bool((mask == IGNORED).any())
    return replace(picture, mask=mask, tumour=tumour, label=label, doubtful=doubtful)
