"""Drawn lesions in real X-rays: what a lump of tissue adds to the shadow of all that lies in the beam's way.

Real lesions are few, and one that is cut out of an image brings its ribs and vessels along. A drawn one is a hill,
thickest in the middle, ragged and soft at its edge; no two are alike. Its place is taught, a type is not.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np

from models.training.packing import Picture
from models.training.placing import ANYWHERE, Places
from models.training.truth_values import OTHER_TUMOUR

MOST = 3  # in one image
DIAMETERS = 0.02, 0.12  # over the height of the image; as many from 2 to 4 % as from 4 to 8 %
BRIGHTNESS = 8.0, 80.0  # grey values that its thickest part may add
RISE = 0.9  # grey values added for each pixel of its diameter, give or take: what is thicker is brighter
LOBES = 9  # of the finest raggedness, around the edge
OUTLINED_FROM = 0.3  # of the thickness in the middle: what is fainter than that no reader would draw around


def cast_shadows(picture: Picture, rng: np.random.Generator, places: Places = ANYWHERE) -> Picture:
    """The picture with up to three drawn lesions more, where there is tissue and no other lesion, at such `places`."""
    for _ in range(int(rng.integers(1, MOST + 1))):
        picture = _cast(picture, places, rng)
    return picture


def _cast(picture: Picture, places: Places, rng: np.random.Generator) -> Picture:
    added = draw_shadow(picture.image.shape[0], rng)
    outline = added > OUTLINED_FROM * added.max()
    place = places.find(picture, outline, rng)
    if place is None:
        return picture
    image, mask = picture.image.copy(), picture.mask.copy()
    image[place] = np.clip(image[place] + added, 0, 255).astype(np.uint8)
    mask[place][outline] = OTHER_TUMOUR
    return replace(picture, image=image, mask=mask, tumour=True, doubtful=False)


def draw_shadow(height: int, rng: np.random.Generator) -> np.ndarray:
    """Grey values, float32 (h, w), that one lesion adds to an image of `height` pixels."""
    diameter = height * math.exp(rng.uniform(*np.log(DIAMETERS)))
    soft = diameter * rng.uniform(0.04, 0.15)
    side = math.ceil(1.7 * diameter + 4 * soft)
    thickness = cv2.GaussianBlur(_thickness(side, diameter / 2, rng), (0, 0), soft)
    grain = cv2.resize(rng.normal(1, 0.2, (4, 4)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    brightness = np.clip(RISE * diameter * math.exp(rng.normal(0, 0.5)), *BRIGHTNESS)
    hill = thickness * np.clip(grain, 0.4, 1.6)
    return np.asarray(brightness * hill / hill.max(), np.float32)


def _thickness(side: int, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Of a ragged ball along the beam, 0..1, in a square of `side` pixels."""
    y, x = np.indices((side, side), np.float32) - (side - 1) / 2
    turn, flat = rng.uniform(0, math.pi), math.exp(rng.normal(0, 0.15))
    along, across = (x * math.cos(turn) + y * math.sin(turn)) * flat, (y * math.cos(turn) - x * math.sin(turn)) / flat
    angle, ragged = np.arctan2(across, along), rng.uniform(0, 0.5)
    waves = (rng.normal(0, ragged / k) * np.cos(k * angle + rng.uniform(0, 2 * math.pi)) for k in range(2, LOBES + 1))
    edge = radius * np.clip(1 + sum(waves), 0.6, 1.5)
    return np.asarray(np.sqrt(np.clip(1 - (along**2 + across**2) / edge**2, 0, None)), np.float32)
