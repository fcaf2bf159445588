"""Lesions to lay into a slice: what each type is known for, drawn so that its outline is known to the pixel."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from models.synthetic.brain.anatomy import BRAIN_EDGE, TISSUES, Head, Level, Weighting
from models.synthetic.fields import Field, ellipse, inside, mix, noise, step


class LesionType(StrEnum):
    """The labels of lesions, as the brain model names them."""

    GLIOMA = "glioma"
    MENINGIOMA = "meningioma"
    PITUITARY = "pituitary"


LEVEL_OF = {LesionType.PITUITARY: Level.SELLA}
"""Where the slice must lie for a type; others are drawn at any level."""


def add_lesion(
    rng: np.random.Generator, head: Head, image: Field, weighting: Weighting, kind: LesionType
) -> tuple[Field, Field]:
    """The slice with a lesion, and a field (size, size) that is below 1 inside the lesion."""
    return _ADDERS[kind](rng, head, image, weighting)


def _glioma(rng: np.random.Generator, head: Head, image: Field, weighting: Weighting) -> tuple[Field, Field]:
    """Irregular mass within the white matter: a rim that takes up contrast, a dead core, swelling around it."""
    size, side = len(image), rng.choice((-1, 1))
    centre = (side * rng.uniform(0.3, 0.5), rng.uniform(-0.35, 0.5))
    radius = rng.uniform(0.13, 0.27)
    distance = ellipse(head.u, head.v, centre, (radius * 1.2, radius * rng.uniform(0.75, 1.1)), rng.uniform(0, np.pi))
    distance += np.float32(0.13) * noise(rng, size, size / 10) + np.float32(0.06) * noise(rng, size, size / 24)
    distance += step(head.rho, BRAIN_EDGE - 0.03, 0.04)  # it stays within the brain
    swelling = inside(distance / np.float32(rng.uniform(1.3, 1.7)), 0.3)
    uneven = np.clip(np.float32(0.7) + np.float32(0.3) * noise(rng, size, size / 14), 0.1, 1.1)
    if weighting is Weighting.FLAIR:
        image = mix(image, 0.62, np.float32(0.85) * swelling * uneven)
        image = mix(image, 0.3, np.float32(0.8) * inside(distance / np.float32(0.5), 0.3))
        return image, distance / np.float32(1.25)
    image = mix(image, 0.2, np.float32(0.5) * swelling)
    image = mix(image, _textured(rng, size, rng.uniform(0.15, 0.26), 0.15), np.float32(0.9) * inside(distance, 0.2))
    thickness = rng.uniform(0.08, 0.25)
    rim = np.exp(-np.square((distance - np.float32(0.95 - thickness)) / np.float32(thickness)))
    return mix(image, rng.uniform(0.42, 0.68), rim * uneven * inside(distance, 0.12)), distance


def _meningioma(rng: np.random.Generator, head: Head, image: Field, weighting: Weighting) -> tuple[Field, Field]:
    """Smooth, evenly bright mass on the dura, broad based, with a tail along the skull and a cleft of fluid."""
    size = len(image)
    angle, radius = rng.uniform(0.05, 0.95) * np.pi * rng.choice((-1, 1)), rng.uniform(0.13, 0.25)
    reach = BRAIN_EDGE - radius * rng.uniform(0.55, 0.8)
    centre = (reach * np.sin(angle) * 0.97, reach * np.cos(angle))  # angle 0 is the back of the head
    if centre[1] < -0.3:
        centre = (centre[0], -centre[1])  # in front, a slice at the sella has no brain
    distance = ellipse(head.u, head.v, centre, (radius * 1.2, radius * rng.uniform(0.85, 1.15)), rng.uniform(0, np.pi))
    distance += np.float32(0.035) * noise(rng, size, size / 14)
    brain = step(-head.rho, -BRAIN_EDGE, 0.012)
    tissue = TISSUES[weighting]
    signal = rng.uniform(0.46, 0.6) if weighting is Weighting.T1 else rng.uniform(0.44, 0.54)
    cleft = np.exp(-np.square((distance - np.float32(1.06)) / np.float32(0.06)))
    image = mix(image, tissue.fluid, np.float32(0.6) * cleft * brain)
    dura = np.exp(-np.square((head.rho - np.float32(0.862)) / np.float32(0.008)))
    tail = dura * inside(distance / np.float32(1.7), 0.4)
    image = mix(image, signal, np.float32(0.8) * tail)
    filled = mix(image, _textured(rng, size, signal, 0.08), inside(distance, 0.1) * brain)
    return filled, distance + 9 * (1 - brain)


def _pituitary(rng: np.random.Generator, head: Head, image: Field, weighting: Weighting) -> tuple[Field, Field]:
    """Round or waisted bright mass in the midline, above the sella."""
    size, radius = len(image), rng.uniform(0.09, 0.17)
    centre = (rng.normal(0, 0.015), rng.uniform(-0.24, -0.16))
    lower = ellipse(head.u, head.v, centre, (radius * rng.uniform(1.05, 1.35), radius))
    upper = ellipse(head.u, head.v, (centre[0], centre[1] + 0.6 * radius), (radius * 0.9, radius * 0.7))
    distance = np.minimum(lower, upper) + np.float32(0.05) * noise(rng, size, size / 16)
    signal = rng.uniform(0.42, 0.58) if weighting is Weighting.T1 else rng.uniform(0.42, 0.5)
    return mix(image, _textured(rng, size, signal, 0.09), inside(distance, 0.15)), distance


def _textured(rng: np.random.Generator, size: int, signal: float, deviation: float) -> Field:
    """An uneven signal (size, size): coarse patches and finer grain, each of the relative deviation given."""
    patches, grain = noise(rng, size, size / 12), noise(rng, size, size / 40)
    return np.asarray(signal * np.clip(1 + np.float32(deviation) * (patches + grain), 0.2, 2), np.float32)


_ADDERS = {LesionType.GLIOMA: _glioma, LesionType.MENINGIOMA: _meningioma, LesionType.PITUITARY: _pituitary}
