"""A head slice without a lesion: layers of the scalp and skull around a brain, at one of two levels.

Head coordinates: u from -1 (left as displayed) to 1, v from -1 (front) to 1 (back); rho is 1 on the skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.synthetic.fields import Field, ellipse, inside, mix, noise, step, through

BRAIN_EDGE = 0.87
"""rho of the inner side of the skull."""


class Weighting(StrEnum):
    """What makes tissue bright: contrast-enhanced T1, or FLAIR."""

    T1 = "t1"
    FLAIR = "flair"


class Level(StrEnum):
    """Height of the slice: through the lateral ventricles, or through the sella with orbits and brain stem."""

    VENTRICLES = "ventricles"
    SELLA = "sella"


@dataclass(frozen=True)
class Tissue:
    """Signal of each tissue, 0..1."""

    grey_matter: float
    white_matter: float
    fluid: float
    fat: float
    bone: float
    muscle: float
    vessel: float


TISSUES = {
    Weighting.T1: Tissue(0.25, 0.285, 0.13, 0.68, 0.05, 0.3, 0.55),
    Weighting.FLAIR: Tissue(0.36, 0.30, 0.10, 0.62, 0.05, 0.22, 0.12),
}


@dataclass(frozen=True, eq=False)
class Head:
    """Coordinates of each pixel (size, size), and half the head's length in pixels."""

    u: Field
    v: Field
    rho: Field
    half_length: float


def pose(rng: np.random.Generator, size: int) -> Head:
    """A head of random size, place, tilt and shape."""
    height = size * rng.uniform(0.34, 0.44)
    width = height * rng.uniform(0.76, 0.86)
    tilt = np.float32(rng.normal(0, 0.07))
    middle = size / 2 + rng.uniform(-0.03, 0.03, 2) * size
    columns, rows = np.meshgrid(*(np.arange(size, dtype=np.float32) - np.float32(m) for m in middle))
    u = (columns * np.cos(tilt) + rows * np.sin(tilt)) / np.float32(width)
    v = (rows * np.cos(tilt) - columns * np.sin(tilt)) / np.float32(height)
    broad = 1 + np.float32(rng.uniform(0.02, 0.1)) * np.clip(v, -1, 1)  # wider at the back
    p = np.float32(rng.uniform(2.1, 2.4))
    rho = (np.abs(u / broad) ** p + np.abs(v) ** p) ** (1 / p)
    return Head(u, v, rho + np.float32(0.012) * noise(rng, size, size / 5), float(height))


def healthy(rng: np.random.Generator, head: Head, weighting: Weighting, level: Level) -> Field:
    """Signal (size, size) of a slice without a lesion, before bias field and noise."""
    tissue = TISSUES[weighting]
    brain = _brain(rng, head, tissue, weighting)
    if level is Level.VENTRICLES:
        brain = _ventricles(rng, head, brain, tissue)
        brain = _midline(head, brain, tissue)
    else:
        brain = _skull_base(rng, head, brain, tissue)
    brain = _vessels(rng, head, brain, tissue, level)
    return mix(_shell(rng, head, tissue), brain, step(-head.rho, -BRAIN_EDGE, 0.012))


def _shell(rng: np.random.Generator, head: Head, tissue: Tissue) -> Field:
    """Skin, fat, the two tables of the skull with marrow between, and fluid, by rho."""
    fat = tissue.fat * rng.uniform(0.85, 1.1)
    marrow = rng.uniform(0.15, 0.5) * fat
    curve = (
        (0.86, tissue.fluid),
        (BRAIN_EDGE, tissue.fluid),
        (0.88, tissue.bone),
        (0.89, tissue.bone),
        (0.9, marrow),
        (0.915, marrow),
        (0.925, tissue.bone),
        (0.935, tissue.bone),
        (0.945, 0.85 * fat),
        (0.975, fat),
        (0.988, 0.6 * fat),
        (1.0, 0.45 * fat),
        (1.006, 0.0),
    )
    shell = through(curve, head.rho)
    return shell * (1 + np.float32(0.1) * noise(rng, len(shell), 9))


def _brain(rng: np.random.Generator, head: Head, tissue: Tissue, weighting: Weighting) -> Field:
    """White matter under a folded ribbon of grey matter, with fluid in the sulci."""
    size = len(head.rho)
    depth = np.float32(BRAIN_EDGE) - head.rho
    folds = noise(rng, size, size / 24)
    white = step(depth + np.float32(0.035) * folds, 0.1, 0.05)
    brain = mix(np.full_like(depth, tissue.grey_matter), tissue.white_matter, white)
    reach = np.float32(0.13) + np.float32(0.06) * noise(rng, size, size / 8)
    sulci = np.exp(-np.square(folds / np.float32(0.26))) * step(reach - depth, 0, 0.06)
    strength = 0.75 if weighting is Weighting.T1 else 0.9
    brain = mix(brain, tissue.fluid, np.float32(strength) * sulci)
    return brain * (1 + np.float32(0.035) * noise(rng, size, size / 60) + np.float32(0.04) * noise(rng, size, size / 9))


def _ventricles(rng: np.random.Generator, head: Head, brain: Field, tissue: Tissue) -> Field:
    """Frontal and occipital horns on both sides, deep grey nuclei beside them, bright plexus inside the back ones."""
    width, shift = rng.uniform(0.05, 0.1), rng.normal(0, 0.02)
    for side in (-1, 1):
        own = width * rng.uniform(0.85, 1.15)
        nucleus = ellipse(head.u, head.v, (side * 0.24, -0.02 + shift), (0.12, 0.2), side * 0.35)
        brain = mix(brain, tissue.grey_matter, np.float32(0.7) * inside(nucleus, 0.4))
        frontal = ellipse(head.u, head.v, (side * (0.05 + own), -0.2 + shift), (own, 0.16), side * 0.45)
        occipital = ellipse(head.u, head.v, (side * (0.2 + own), 0.3 + shift), (own * 0.9, 0.2), -side * 0.35)
        for horn in (frontal, occipital):
            brain = mix(brain, tissue.fluid, inside(horn, 0.2))
        plexus = ellipse(head.u, head.v, (side * (0.19 + own), 0.24 + shift), (0.025, 0.07), -side * 0.3)
        brain = mix(brain, tissue.vessel * 0.8, np.float32(0.8) * inside(plexus, 0.5))
    third = ellipse(head.u, head.v, (0, 0.05 + shift), (0.02, 0.12))
    return mix(brain, tissue.fluid, inside(third, 0.5))


def _midline(head: Head, brain: Field, tissue: Tissue) -> Field:
    """The fissure between the hemispheres, in front of and behind the ventricles, with the falx in it."""
    along = np.float32(0.6) * step(np.abs(head.v), 0.42, 0.05)
    brain = mix(brain, tissue.fluid, along * np.exp(-np.square(head.u / np.float32(0.022))))
    return mix(brain, 0.5 * (tissue.vessel + 0.2), along * np.exp(-np.square(head.u / np.float32(0.007))))


def _skull_base(rng: np.random.Generator, head: Head, brain: Field, tissue: Tissue) -> Field:
    """Orbits and nose in front, wings of the sphenoid, cisterns around the brain stem."""
    size = len(brain)
    face = step(-head.v - np.float32(0.2) * np.abs(head.u) + np.float32(0.02) * noise(rng, size, size / 12), 0.36, 0.04)
    tissue_mix = np.float32(tissue.muscle) * (1 + np.float32(0.35) * noise(rng, size, size / 30))
    brain = mix(brain, np.clip(tissue_mix, 0.02, 1), face)
    wing = np.exp(-np.square((head.v + np.float32(0.36) + np.float32(0.2) * np.abs(head.u)) / np.float32(0.035)))
    brain = mix(brain, tissue.bone + 0.05, np.float32(0.85) * wing)
    for side in (-1, 1):
        socket = ellipse(head.u, head.v, (side * 0.4, -0.62), (0.25, 0.22), side * 0.5)
        brain = mix(brain, tissue.fat * 0.75, inside(socket, 0.15))
        globe = ellipse(head.u, head.v, (side * 0.42, -0.68), (0.165, 0.13))
        brain = mix(brain, tissue.muscle, inside(globe, 0.1))
        brain = mix(brain, tissue.fluid, inside(globe * np.float32(1.12), 0.1))
        nerve = ellipse(head.u, head.v, (side * 0.27, -0.48), (0.03, 0.12), side * 0.6)
        brain = mix(brain, tissue.muscle, inside(nerve, 0.3))
    nose = ellipse(head.u, head.v, (0, -0.62), (0.14, 0.24))
    air = np.clip(np.float32(0.12) + np.float32(0.12) * noise(rng, size, size / 40), 0.01, 0.6)
    brain = mix(brain, air, inside(nose, 0.2))
    return _brain_stem(rng, head, brain, tissue)


def _brain_stem(rng: np.random.Generator, head: Head, brain: Field, tissue: Tissue) -> Field:
    """A star of fluid around the midbrain, and the bone of the sella before it."""
    cistern = ellipse(head.u, head.v, (0, -0.12), (0.2, 0.17))
    brain = mix(brain, tissue.fluid, np.float32(0.9) * inside(cistern, 0.25))
    stem = ellipse(head.u, head.v, (0, 0.14), (rng.uniform(0.19, 0.24), 0.17))
    brain = mix(brain, tissue.fluid, np.float32(0.8) * inside(stem * np.float32(0.86), 0.12))
    brain = mix(brain, tissue.white_matter, inside(stem, 0.1))
    aqueduct = ellipse(head.u, head.v, (0, 0.24), (0.02, 0.02))
    brain = mix(brain, tissue.fluid, inside(aqueduct, 0.5))
    for side in (-1, 1):
        artery = ellipse(head.u, head.v, (side * 0.15, -0.2), (0.035, 0.03))
        brain = mix(brain, tissue.bone, inside(artery, 0.4))
    return brain


def _vessels(rng: np.random.Generator, head: Head, brain: Field, tissue: Tissue, level: Level) -> Field:
    """The sagittal sinus at the back (and in front), and small veins through the outer brain."""
    ends = (0.83, -0.84) if level is Level.VENTRICLES else (0.83,)
    for v in ends:
        sinus = ellipse(head.u, head.v, (0, v), (0.045, 0.035))
        brain = mix(brain, tissue.vessel, np.float32(0.9) * inside(sinus, 0.5))
    ridge = np.abs(noise(rng, len(brain), len(brain) / 10))
    lines = np.exp(-np.square(ridge / np.float32(0.06))) * step(noise(rng, len(brain), len(brain) / 12), 1.1, 0.3)
    in_front = step(head.v, -0.4, 0.1)
    return mix(brain, tissue.vessel, np.float32(0.5) * in_front * lines)
