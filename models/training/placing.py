"""Where a lesion may be put: near the places of real ones, in the body, and on no other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np

from models.training.packing import Pack, Picture
from models.training.truth_values import IGNORED

TRIES = 20
DARKEST = 20  # grey values of packed images: a place as dark is outside of the body
IN_THE_BODY = 0.98  # at least that much of a lesion
SPREAD = 0.07  # of the image's sides: how far from a real lesion's centre, one deviation
LARGEST_SHARE = 0.5  # of an image: what is larger is no place but an image of which nothing is known


@dataclass(frozen=True, eq=False)
class Places:
    """`centres` of lesions, (n, 2) of (y, x), as shares of the image. Without any, a place is anywhere."""

    centres: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))

    @classmethod
    def of(cls, pack: Pack, allowed: Iterable[int]) -> Places:
        """Those of the images `allowed`, also of lesions that do not count: they lie where others could."""
        found = [centre for i in allowed for centre in _centres(pack.masks[i])]
        return cls(np.array(found).reshape(-1, 2))

    def find(self, picture: Picture, mask: np.ndarray, rng: np.random.Generator) -> tuple[slice, slice] | None:
        """Where the mask fits, in the body and meeting no lesion; None where no try finds it."""
        spare = np.subtract(picture.image.shape, mask.shape)
        if spare.min() <= 0 or not mask.any():  # made smaller, nothing may be left of a tiny one
            return None
        for _ in range(TRIES):
            y, x = np.round(self._draw(rng) * picture.image.shape - np.divide(mask.shape, 2)).astype(int)
            place = slice(y, y + mask.shape[0]), slice(x, x + mask.shape[1])
            if 0 <= y < spare[0] and 0 <= x < spare[1] and _is_free(picture, mask, place):
                return place
        return None

    def _draw(self, rng: np.random.Generator) -> np.ndarray:
        if not len(self.centres):
            return rng.random(2)
        return np.asarray(self.centres[rng.integers(len(self.centres))] + rng.normal(0, SPREAD, 2))


ANYWHERE = Places()


def _centres(mask: np.ndarray) -> np.ndarray:
    """Of the lesions of one image, as shares of its sides; of what is in question as a whole, none."""
    lesions = (mask >= IGNORED).astype(np.uint8)
    if lesions.mean() > LARGEST_SHARE:
        return np.empty((0, 2))
    centres = cv2.connectedComponentsWithStats(lesions)[3][1:]
    return np.asarray(centres[:, ::-1] / mask.shape)


def _is_free(picture: Picture, mask: np.ndarray, place: tuple[slice, slice]) -> bool:
    in_the_body = (picture.image[place][mask] >= DARKEST).mean()
    return bool(not picture.mask[place].any() and in_the_body > IN_THE_BODY)
