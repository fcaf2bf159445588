"""Real lesions put into other places: what a small collection lacks most is tumours, not tissue.

X-rays add up what lies in their way. So a lesion is kept as what it adds to the tissue around it, and is added to the
tissue of another image, turned and scaled: shadows of ribs, vessels and glands then run through it as they do in life.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from models.training.packing import Pack, Picture
from models.training.placing import ANYWHERE, Places
from models.training.truth_values import TUMOUR

RIM = 0.35  # of the lesion's size: tissue around it that its own background is told from, and that it fades into
LARGEST_SHARE = 0.25  # of the image's shorter side: larger lesions distort what they are put into


@dataclass(frozen=True, eq=False)
class Implant:
    """What a lesion adds, float32 grey values (h, w), its outline, bool (h, w), and the type it is of."""

    added: np.ndarray
    mask: np.ndarray
    label: str | None


@dataclass(frozen=True)
class Implants:
    """The lesions at hand, and where they may lie."""

    lesions: tuple[Implant, ...]
    places: Places = ANYWHERE

    @classmethod
    def of(cls, pack: Pack, allowed: Iterable[int]) -> Implants:
        """All of the images `allowed`, and of no other: a patient who is held out gives none."""
        allowed = list(allowed)
        lesions = tuple(lesion for i in allowed for lesion in cut_implants(pack.picture(i)))
        return cls(lesions, Places.of(pack, allowed))

    def put_into(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture with a lesion more, where there is tissue and no other; unchanged where it does not fit.

        Beside a tumour, one of its type: an image keeps the type of its gravest.
        """
        fitting = [lesion for lesion in self.lesions if not picture.tumour or lesion.label == picture.label]
        if not fitting:
            return picture
        lesion = fitting[int(rng.integers(len(fitting)))]
        added, mask = _posed(lesion, rng)
        place = self.places.find(picture, mask, rng)
        if place is None:
            return picture
        image, values = picture.image.copy(), picture.mask.copy()
        image[place] = np.clip(image[place] + added, 0, 255).astype(np.uint8)
        values[place][mask] = TUMOUR
        return Picture(image, values, True, lesion.label)


NO_IMPLANTS = Implants(())


def cut_implants(picture: Picture) -> list[Implant]:
    """The lesions of a packed image that are of the type that it is labelled with."""
    if not picture.tumour:
        return []
    image, label = picture.image, picture.label
    count, parts, stats, _ = cv2.connectedComponentsWithStats((picture.mask == TUMOUR).astype(np.uint8))
    largest = LARGEST_SHARE * min(image.shape)
    sizes = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    return [_cut(image, parts == i, stats[i], label) for i in range(1, count) if 3 <= sizes[i] <= largest]


def _cut(image: np.ndarray, mask: np.ndarray, stats: np.ndarray, label: str | None) -> Implant:
    x, y, width, height = (int(v) for v in stats[:4])
    rim = max(3, round(RIM * max(width, height)))
    box = np.s_[max(y - rim, 0) : y + height + rim, max(x - rim, 0) : x + width + rim]
    inside = cv2.dilate(mask[box].astype(np.uint8), np.ones((3, 3), np.uint8), iterations=max(1, rim // 3))
    part = image[box]
    # The background continues what surrounds the lesion (Telea 2004), without its grain.
    background = cv2.GaussianBlur(cv2.inpaint(part, inside, 3, cv2.INPAINT_TELEA), (0, 0), rim / 3)
    fading = np.clip(cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3)[1:-1, 1:-1] / (rim / 3), 0, 1)
    return Implant((part.astype(np.float32) - background) * fading, mask[box], label)


def _posed(lesion: Implant, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Turned, mirrored, scaled, fainter or stronger."""
    height, width = lesion.mask.shape
    side = math.ceil(math.hypot(height, width) * 1.3)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(0, 360), math.exp(rng.normal(0, 0.2)))
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    added = cv2.warpAffine(lesion.added, matrix, (side, side)) * math.exp(rng.normal(0, 0.2))
    mask = cv2.warpAffine(lesion.mask.astype(np.uint8), matrix, (side, side), flags=cv2.INTER_NEAREST) > 0
    if rng.random() < 0.5:
        added, mask = added[:, ::-1], mask[:, ::-1]
    x, y, w, h = cv2.boundingRect((np.abs(added) > 0.5).astype(np.uint8) | mask.astype(np.uint8))
    return added[y : y + h, x : x + w], mask[y : y + h, x : x + w]
