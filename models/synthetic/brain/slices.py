"""One synthetic slice from one seed: anatomy, lesion, coil shading, noise."""

from __future__ import annotations

import cv2
import numpy as np

from models.report import Kind
from models.synthetic.brain.anatomy import Level, Weighting, healthy, pose
from models.synthetic.brain.lesions import LEVEL_OF, LesionType, add_lesion
from models.synthetic.fields import Field, noise
from models.synthetic.scan import SHARE_OF_HEALTHY, SyntheticLesion, SyntheticScan, lesion_of, stored

HEAD_LENGTH_MM = 195.0
"""Forehead to back of the head; with the drawn length in pixels it gives the pixel spacing."""
_SHARE_OF_FLAIR = 0.15
_MR_RANGE = 1400  # 16-bit MR rarely uses more than 11 or 12 bits


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
        fine = cv2.resize(distance, (size, size), interpolation=cv2.INTER_LINEAR)
        lesions = (lesion_of(lesion, fine < 1),)
    finished = _acquired(rng, image, size)
    spacing = round(HEAD_LENGTH_MM / (4 * head.half_length), 4)
    pixels = stored(finished, bits, _MR_RANGE)
    return SyntheticScan(pixels, lesions, (spacing, spacing), Kind.BRAIN_MRI, weighting)


def generate_slice(seed: int, size: int = 512, bits: int = 8) -> SyntheticScan:
    """A slice whose lesion (or none) and weighting are drawn from the seed, too."""
    rng = np.random.default_rng((seed, 1))
    lesion = None if rng.random() < SHARE_OF_HEALTHY else LesionType(rng.choice(list(LesionType)))
    flair = rng.random() < _SHARE_OF_FLAIR
    return draw_slice(seed, lesion, Weighting.FLAIR if flair else Weighting.T1, size, bits)


def _acquired(rng: np.random.Generator, image: Field, size: int) -> Field:
    """What a scanner makes of it: shading by the coil, blur, and noise of a magnitude image (Rice distribution)."""
    shaded = image * np.exp(np.float32(rng.uniform(0.03, 0.12)) * noise(rng, len(image), len(image) / 2))
    fine = cv2.resize(shaded, (size, size), interpolation=cv2.INTER_CUBIC)
    fine *= np.float32(rng.uniform(0.85, 1.25))
    deviation = np.float32(rng.uniform(0.006, 0.018))
    real, imaginary = deviation * rng.standard_normal((2, size, size), np.float32)
    noisy = np.asarray(cv2.magnitude(fine + real, imaginary), np.float32)
    return np.clip(cv2.GaussianBlur(noisy, (3, 3), 0.5), 0, 1)
