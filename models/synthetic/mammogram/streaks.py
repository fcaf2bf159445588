"""Textures that run from the nipple to the chest wall, as ducts and ligaments do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from models.synthetic.fields import Field, fractal, noise_over
from models.synthetic.mammogram.breast import Breast

_RADII, _ANGLES = 128, 360
"""Bins of a polar texture: of the distance from behind the nipple, and of half a turn."""


@dataclass(frozen=True, eq=False)
class Streaks:
    """Where in a polar texture each pixel lies: columns by angle, rows by distance (h, w)."""

    columns: Field
    rows: Field

    def along(self, rng: np.random.Generator, grain: float, octaves: int) -> Field:
        """Streaks (h, w) of mean 0 and deviation about 1, `grain` bins of angle wide and finer by each octave."""
        texture = np.zeros((_RADII, _ANGLES), np.float32)
        for octave in range(octaves):
            bumps = (_RADII / (3 + octave), grain / 2**octave)
            texture += np.float32(0.7**octave) * noise_over(rng, texture.shape, bumps)
        texture /= np.float32(np.sqrt(sum(0.49**octave for octave in range(octaves))))
        mode = cv2.BORDER_REFLECT
        return np.asarray(cv2.remap(texture, self.columns, self.rows, cv2.INTER_LINEAR, borderMode=mode), np.float32)


def streaks_of(rng: np.random.Generator, breast: Breast) -> Streaks:
    """Slightly wandering rays from a point in front of the nipple."""
    height = len(breast.x)
    front, tip = breast.nipple[0] + rng.uniform(0.15, 0.4), breast.nipple[1]
    radius, angle = cv2.cartToPolar(np.float32(front) - breast.x, breast.y - np.float32(tip))
    angle = np.where(angle > np.pi, angle - np.float32(2 * np.pi), angle)
    wander = np.float32(rng.uniform(0.02, 0.05)) * fractal(rng, breast.depth.shape, height / 5, 3, 0.6)
    columns = (angle + wander + np.float32(np.pi / 2)) * np.float32(_ANGLES / np.pi)
    return Streaks(np.asarray(columns, np.float32), np.asarray(radius * np.float32(_RADII), np.float32))


def ridges(field: Field, width: float) -> Field:
    """1 where a field crosses zero, falling off over `width`: thin bright lines."""
    return np.asarray(np.exp(-np.square(field / np.float32(width))), np.float32)
