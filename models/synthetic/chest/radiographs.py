"""One synthetic frontal chest X-ray from one seed."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from models.report import Kind
from models.synthetic.chest.body import Chest, pose
from models.synthetic.chest.nodules import ChestLesion, draw_nodule
from models.synthetic.chest.tissue import healthy
from models.synthetic.fields import Field
from models.synthetic.placing import add_at, away_from
from models.synthetic.scan import SHARE_OF_HEALTHY, SyntheticScan, lesion_of, stored

_PEAKS = (4095, 4095, 16383)  # the brightest of 16 bits: detectors give 12 or 14


def draw_chest(seed: int, lesions: tuple[ChestLesion, ...] = (), width: int = 512, bits: int = 8) -> SyntheticScan:
    """Draw the frontal view of a seed, (0.65 to 1.3 of the width, width), with those of `lesions` that find room.

    The same arguments give the same pixels; bits is 8 or 16.
    """
    rng = np.random.default_rng((seed, 4))
    chest = pose(rng, width)
    attenuation = healthy(rng, chest)
    regions = list(_add(rng, chest, attenuation, lesions))
    grey = _exposed(rng, attenuation)
    truth = tuple(lesion_of(label, region) for label, region in regions)
    pixels = stored(grey, bits, int(rng.choice(_PEAKS)), on_tissue=True)
    spacing = round(chest.spacing_mm, 4)
    return SyntheticScan(pixels, truth, (spacing, spacing), Kind.CHEST_XRAY, "PA")


def generate_chest(seed: int, width: int = 512, bits: int = 8) -> SyntheticScan:
    """A chest X-ray whose opacities (none to three) are drawn from the seed, too."""
    rng = np.random.default_rng((seed, 5))
    count = 0 if rng.random() < SHARE_OF_HEALTHY else int(rng.choice((1, 2, 3), p=(0.7, 0.2, 0.1)))
    lesions = tuple(ChestLesion(label) for label in rng.choice(list(ChestLesion), count))
    return draw_chest(seed, lesions, width, bits)


def _add(
    rng: np.random.Generator, chest: Chest, image: Field, lesions: tuple[ChestLesion, ...]
) -> Iterator[tuple[ChestLesion, NDArray[np.bool_]]]:
    """Add opacities to the attenuation `image` (h, w), none over another; each that found room, with its region."""
    lung = (chest.air > np.float32(0.6 * chest.depth)).astype(np.uint8)
    inner, free = cv2.distanceTransform(lung, cv2.DIST_L2, 5), np.ones(lung.shape, bool)
    for label in lesions:
        drawn = draw_nodule(rng, label, chest.spacing_mm)
        radius = np.sqrt(drawn.region.sum() / np.pi)
        region = add_at(image, free & (inner > 0.8 * radius), drawn, rng)
        if region.any():
            free &= away_from(region, len(drawn.added) / 2)
            yield label, region


def _exposed(rng: np.random.Generator, attenuation: Field) -> Field:
    """Grey 0..1 (h, w): a detector's logarithm, noise, and the local contrast that makers add."""
    low, high = np.quantile(attenuation[::4, ::4], (0.02, 0.995))
    grey = np.clip((attenuation - np.float32(low)) / np.float32(max(high - low, 1)), 0, 1)
    equal = cv2.createCLAHE(rng.uniform(2, 4), (4, 4)).apply((grey * 65535).astype(np.uint16))
    mixed = equal.astype(np.float32) / np.float32(65535)
    mixed += np.float32(rng.uniform(0.002, 0.012)) * rng.standard_normal(grey.shape, np.float32)
    return np.asarray(np.clip(cv2.GaussianBlur(mixed, (3, 3), 0.5), 0, 1), np.float32)
