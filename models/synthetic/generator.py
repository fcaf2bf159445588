"""One synthetic slice from one seed: anatomy, lesion, coil shading, noise, and the word SYNTHETIC burnt in."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.geometry import Box
from models.synthetic.anatomy import Level, Weighting, healthy, pose
from models.synthetic.fields import Field, noise
from models.synthetic.lesions import LEVEL_OF, LesionType, add_lesion

HEAD_LENGTH_MM = 195.0
"""Forehead to back of the head; with the drawn length in pixels it gives the pixel spacing."""
SHARE_OF_HEALTHY = 0.25
_SHARE_OF_FLAIR = 0.15
_MR_RANGE = 1400  # 16-bit MR rarely uses more than 11 or 12 bits
_MARK, _MARK_GREY = "SYNTHETIC", 140


@dataclass(frozen=True, eq=False)
class SyntheticLesion:
    """A lesion as drawn: mask (h, w) and its box in stored pixels."""

    label: LesionType
    mask: NDArray[np.bool_]
    box: Box


@dataclass(frozen=True, eq=False)
class SyntheticScan:
    """A slice (h, w), uint8 or uint16, with all lesions in it and the (row, column) spacing that it stands for."""

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    lesions: tuple[SyntheticLesion, ...]
    spacing_mm: tuple[float, float]
    weighting: Weighting


def draw_slice(
    seed: int,
    lesion: LesionType | None = None,
    weighting: Weighting = Weighting.T1,
    size: int = 512,
    bits: int = 8,
    level: Level | None = None,
) -> SyntheticScan:
    """Draw the slice of a seed; the same arguments give the same pixels.

    lesion None gives a healthy slice, level None one drawn from the seed; bits is 8 or 16.
    """
    rng = np.random.default_rng(seed)
    # Drawn on half the grid: a scanner's own matrix is about that coarse, and it takes a quarter of the time.
    head = pose(rng, size // 2)
    drawn = Level(rng.choice(list(Level)))
    level = (LEVEL_OF.get(lesion) if lesion else None) or level or drawn
    image = healthy(rng, head, weighting, level)
    lesions: tuple[SyntheticLesion, ...] = ()
    if lesion:
        image, distance = add_lesion(rng, head, image, weighting, lesion)
        lesions = (_truth(lesion, distance, size),)
    finished = _acquired(rng, image, size)
    spacing = round(HEAD_LENGTH_MM / (4 * head.half_length), 4)
    return SyntheticScan(_stored(finished, bits), lesions, (spacing, spacing), weighting)


def generate_slice(seed: int, size: int = 512, bits: int = 8) -> SyntheticScan:
    """A slice whose lesion (or none) and weighting are drawn from the seed, too."""
    rng = np.random.default_rng((seed, 1))
    lesion = None if rng.random() < SHARE_OF_HEALTHY else LesionType(rng.choice(list(LesionType)))
    flair = rng.random() < _SHARE_OF_FLAIR
    return draw_slice(seed, lesion, Weighting.FLAIR if flair else Weighting.T1, size, bits)


def _truth(label: LesionType, distance: Field, size: int) -> SyntheticLesion:
    """The largest part of the region below 1, at full size."""
    fine = cv2.resize(distance, (size, size), interpolation=cv2.INTER_LINEAR)
    count, parts, stats, _ = cv2.connectedComponentsWithStats((fine < 1).astype(np.uint8))
    largest = 1 + int(stats[1:count, cv2.CC_STAT_AREA].argmax())
    x, y, width, height = (int(value) for value in stats[largest, :4])
    return SyntheticLesion(label, np.asarray(parts == largest), (x, y, x + width, y + height))


def _acquired(rng: np.random.Generator, image: Field, size: int) -> Field:
    """What a scanner makes of it: shading by the coil, blur, and noise of a magnitude image (Rice distribution)."""
    shaded = image * np.exp(np.float32(rng.uniform(0.03, 0.12)) * noise(rng, len(image), len(image) / 2))
    fine = cv2.resize(shaded, (size, size), interpolation=cv2.INTER_CUBIC)
    fine *= np.float32(rng.uniform(0.85, 1.25))
    deviation = np.float32(rng.uniform(0.006, 0.018))
    real, imaginary = deviation * rng.standard_normal((2, size, size), np.float32)
    noisy = np.asarray(cv2.magnitude(fine + real, imaginary), np.float32)
    return np.clip(cv2.GaussianBlur(noisy, (3, 3), 0.5), 0, 1)


def _stored(image: Field, bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Pixels of the given depth, marked so that nobody takes them for a patient's."""
    mark = np.zeros(image.shape, np.uint8)
    font, scale, margin = cv2.FONT_HERSHEY_SIMPLEX, max(0.3, len(image) / 1200), len(image) // 64
    (width, _), _ = cv2.getTextSize(_MARK, font, scale, 1)
    # Lower right: the rendered pictures carry their own line in the lower left corner.
    origin = (len(image) - width - margin, len(image) - margin)
    cv2.putText(mark, _MARK, origin, font, scale, _MARK_GREY, 1, cv2.LINE_AA)
    image = np.maximum(image, mark.astype(np.float32) / 255)
    if bits == 8:
        return (image * 255 + 0.5).astype(np.uint8)
    return (image * _MR_RANGE + 0.5).astype(np.uint16)
