"""What a ray passes on its way through a chest, in mm of water: soft tissue less air, bones, vessels, bowel gas."""

from __future__ import annotations

import cv2
import numpy as np

from models.synthetic.chest.body import Chest, chord
from models.synthetic.chest.bones import bones
from models.synthetic.chest.vessels import vessels
from models.synthetic.fields import Field, fractal, noise_over, step

_LUNG = 0.78  # how much less than water a lung that is full of air holds back
_BONE = 1.8  # bone of the chest is spongy


def healthy(rng: np.random.Generator, chest: Chest) -> Field:
    """Attenuation (h, w) without an opacity."""
    shape = chest.air.shape
    trunk = chord(chest.x, chest.trunk, chest.depth + 22)
    trunk *= 1 + np.float32(0.03) * fractal(rng, shape, shape[0] / 4, 4, 0.6)
    lungs = chest.air * (np.float32(_LUNG) + np.float32(0.02) * fractal(rng, shape, 24, 4, 0.8))
    image = trunk - lungs + np.float32(_BONE) * bones(rng, chest) * step(trunk, 15, 20) + vessels(rng, chest)
    return np.asarray(image - _airway(rng, chest) - _gas(rng, chest) + _breasts(rng, chest), np.float32)


def _airway(rng: np.random.Generator, chest: Chest) -> Field:
    """The windpipe down to where it forks."""
    fork = chest.apex + chest.height * rng.uniform(0.36, 0.46)
    off = np.abs(chest.x - np.float32(rng.normal(-3, 2)) - np.float32(0.04) * chest.y)
    return np.float32(rng.uniform(12, 18)) * step(-off, -rng.uniform(7, 9), 4) * step(-chest.y, -fork, 30)


def _gas(rng: np.random.Generator, chest: Chest) -> Field:
    """The stomach's bubble and gas of the bowel, mostly under the dome on the right as displayed."""
    height, width = chest.air.shape
    canvas = np.zeros((height, width), np.uint8)
    origin = -float(chest.x[0, 0])
    for _ in range(rng.integers(0, 30)):
        x, y = rng.normal(45, 45), chest.dome[1] + rng.uniform(22, 130)
        axes = rng.uniform(4, 18, 2) * (1.4, 1) / chest.spacing_mm
        centre = int((x + origin) / chest.spacing_mm), int(y / chest.spacing_mm)
        shade = int(rng.integers(60, 255))
        cv2.ellipse(canvas, centre, (int(axes[0]), int(axes[1])), float(rng.uniform(0, 180)), 0, 360, shade, -1)
    soft = cv2.GaussianBlur(canvas, (0, 0), 2.5 / chest.spacing_mm).astype(np.float32)
    clumps = np.clip(1 + np.float32(0.5) * noise_over(rng, canvas.shape, (20, 20)), 0, 2)
    return np.asarray(soft * clumps * np.float32(45 / 255) * step(-chest.air, -12, 24), np.float32)


def _breasts(rng: np.random.Generator, chest: Chest) -> Field:
    """Soft tissue before the lower lungs, in half of the pictures: its lower edge shows."""
    if rng.random() < 0.5:
        return np.zeros(chest.air.shape, np.float32)
    half, low = float(chest.cage.max()), chest.dome[0] - rng.uniform(-20, 25)
    aside = (np.abs(chest.x) - np.float32(0.68 * half)) / np.float32(0.5 * half)
    below = (chest.y - np.float32(low - 55)) / np.float32(60)
    share = np.clip(1 - np.square(aside) - np.square(below) * (below > 0) - np.square(below / 2) * (below <= 0), 0, 1)
    return np.asarray(np.float32(rng.uniform(15, 45)) * np.sqrt(share), np.float32)
