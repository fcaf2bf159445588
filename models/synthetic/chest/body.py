"""The shape of a chest seen from the front: trunk, rib cage, lungs, midline structures. All lengths are in mm.

x runs from the midline to the right as displayed, which is the patient's left; y from the top of the image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.synthetic.fields import Field, ellipse, inside, noise_over, step


@dataclass(frozen=True, eq=False)
class Chest:
    """Fields (h, w): x, y, and air, the length of a ray within the lungs; by row (h, 1): half widths of trunk and cage.

    apex: y of the top of the lungs; dome: y of the domes of the diaphragm, (left and right as displayed).
    """

    x: Field
    y: Field
    trunk: Field
    cage: Field
    air: Field
    apex: float
    dome: tuple[float, float]
    depth: float
    spacing_mm: float

    @property
    def height(self) -> float:
        """From the top of the lungs to the domes."""
        return sum(self.dome) / 2 - self.apex


def pose(rng: np.random.Generator, width: int) -> Chest:
    """A chest of random size and shape, (h, width), h from 0.65 to 1.3 of the width."""
    spacing = float(rng.uniform(330, 400)) / width
    apex, length = rng.uniform(8, 45), rng.uniform(150, 225)
    dome = (apex + length, apex + length + rng.uniform(-5, 20))
    below = rng.uniform(35, 130)
    rows = min(round((max(dome) + below) / spacing), round(1.3 * width))
    shift = rng.normal(0, 6)
    line = (np.arange(width, dtype=np.float32) - np.float32(width / 2)) * np.float32(spacing) - np.float32(shift)
    y = (np.arange(rows, dtype=np.float32)[:, None]) * np.float32(spacing)
    x = np.broadcast_to(line + np.float32(rng.normal(0, 0.03)) * (y - np.float32(apex)), (rows, width))
    cage = _cage(rng, y, apex, length)
    half = float(cage.max())
    flank = half + rng.uniform(22, 60)
    wave = 4 * noise_over(rng, (rows, 2), (rows / 2, 2))[:, :1]
    trunk = np.float32(flank) + wave + np.float32(rng.uniform(0, 30)) * step(-y, -apex - 30, 60)
    depth = half * rng.uniform(0.66, 0.8)
    air = _air(rng, x, y, cage, apex, dome, depth)
    full_y = np.asarray(np.broadcast_to(y, x.shape), np.float32)
    return Chest(np.asarray(x, np.float32), full_y, trunk, cage, air, float(apex), dome, float(depth), spacing)


def _cage(rng: np.random.Generator, y: Field, apex: float, length: float) -> Field:
    """Half width of the inner rib cage by row, (h, 1): a dome above, nearly straight below."""
    half, power = rng.uniform(112, 138), rng.uniform(2.0, 2.5)
    below_top = np.clip((y - np.float32(apex)) / np.float32(length * rng.uniform(0.75, 0.95)), 0, 1)
    rounded = (1 - (1 - below_top) ** power) ** (1 / power)
    return np.asarray(half * rounded * (1 + 0.03 * (y - apex) / length), np.float32)


def chord(offset: Field, half: Field, depth: float) -> Field:
    """Length of a ray from front to back through an elliptical trunk, at `offset` from its axis."""
    share = np.square(offset / np.maximum(half, np.float32(1)))
    return np.asarray(np.float32(2 * depth) * np.sqrt(np.clip(1 - share, 0, 1)), np.float32)


def _air(
    rng: np.random.Generator, x: Field, y: Field, cage: Field, apex: float, dome: tuple[float, float], depth: float
) -> Field:
    """Length of a ray within the lungs (h, w): between cage, diaphragm, mediastinum and heart."""
    shape = (x.shape[0], x.shape[1])
    side = step(x, 0, 1)
    aside = np.abs(x)
    top = np.float32(dome[0]) * (1 - side) + np.float32(dome[1]) * side
    # The diaphragm falls off to the sides, where the lungs reach deepest.
    floor = top + np.float32(rng.uniform(35, 60)) * np.square(np.clip((aside - 55) / np.float32(70), -0.3, 1.1))
    floor = floor + np.float32(3) * noise_over(rng, shape, (90, 90))
    above = step(floor - y, 0, rng.uniform(5, 12)) + np.float32(0.12) * step(floor - y, -25, 50)
    beside = step(aside - np.float32(6) * noise_over(rng, shape, (60, 200)), rng.uniform(20, 28), 8)
    heart = _heart(rng, x, y, dome)
    open_share = np.clip(above, 0, 1) * step(y, apex + 7, 14) * beside * (1 - np.float32(0.85) * heart)
    return np.asarray(chord(aside, cage, depth) * open_share, np.float32)


def _heart(rng: np.random.Generator, x: Field, y: Field, dome: tuple[float, float]) -> Field:
    """Share of lung that the heart and the aortic arch displace (h, w)."""
    low, size = sum(dome) / 2, rng.uniform(0.85, 1.2)
    main = ellipse(x, y, (rng.uniform(18, 28), low - 20 * size), (66 * size, 44 * size), rng.uniform(0.6, 0.85))
    atrium = ellipse(x, y, (-12, low - 25 * size), (29 * size, 48 * size))
    arch = ellipse(x, y, (rng.uniform(16, 23), low - 112 * size), (rng.uniform(12, 18), 20))
    return np.maximum(np.maximum(inside(main, 0.12), inside(atrium, 0.2)), inside(arch, 0.25))
