"""Smooth random fields and soft shapes, the material of synthetic scans. All arrays are float32."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]


def noise(rng: np.random.Generator, size: int, grain: float) -> Field:
    """A smooth field (size, size) of mean 0 and deviation about 1 whose bumps are `grain` pixels wide."""
    return noise_over(rng, (size, size), (grain, grain))


def noise_over(rng: np.random.Generator, shape: tuple[int, int], grain: tuple[float, float]) -> Field:
    """A smooth field (height, width) of mean 0 and deviation about 1; `grain`: height and width of its bumps."""
    rows, columns = (max(2, round(side / bump) + 3) for side, bump in zip(shape, grain, strict=True))
    coarse = rng.standard_normal((rows, columns), np.float32)
    fine = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine * np.float32(1.3), np.float32)


def fractal(rng: np.random.Generator, shape: tuple[int, int], grain: float, octaves: int, keep: float = 0.5) -> Field:
    """Noise (height, width) of several grains, each half as wide and `keep` as strong as the last; of deviation 1."""
    rows, columns = (max(2, round(side / grain) + 2) for side in shape)
    total = rng.standard_normal((rows, columns), np.float32)
    for octave in range(1, octaves):  # each on a grid twice as fine, so that only the last is as large as the field
        rows, columns = 2 * rows, 2 * columns
        finer = np.float32(keep**octave) * rng.standard_normal((rows, columns), np.float32)
        total = finer + cv2.resize(total, (columns, rows), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(total, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine * np.float32(1.1 / np.sqrt(sum(keep ** (2 * k) for k in range(octaves)))), np.float32)


def step(values: Field, edge: float | Field, softness: float) -> Field:
    """0 below `edge`, 1 above it, linear over `softness` around it."""
    return np.asarray(np.clip((values - np.float32(edge)) / np.float32(softness) + np.float32(0.5), 0, 1), np.float32)


def ellipse(u: Field, v: Field, centre: tuple[float, float], axes: tuple[float, float], angle: float = 0.0) -> Field:
    """Distance from `centre` in half axes: 1 on the outline of a turned ellipse."""
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    x, y = u - np.float32(centre[0]), v - np.float32(centre[1])
    along, across = (x * cosine + y * sine) / np.float32(axes[0]), (y * cosine - x * sine) / np.float32(axes[1])
    return np.asarray(cv2.magnitude(along, across), np.float32)


def inside(distance: Field, softness: float = 0.1) -> Field:
    """1 inside an `ellipse`, 0 outside, soft at the outline."""
    return 1 - step(distance, 1, softness)


def mix(under: Field, over: Field | float, share: Field) -> Field:
    """`over` laid on `under` with opacity `share`."""
    return np.asarray(under + (over - under) * share, np.float32)


def through(curve: tuple[tuple[float, float], ...], values: Field) -> Field:
    """Each value in 0..1.25 looked up on a piecewise linear curve of (position, height)."""
    positions, heights = zip(*curve, strict=True)
    table = np.interp(np.linspace(0, 1.25, 1025), positions, heights).astype(np.float32)
    return np.asarray(np.take(table, np.minimum(values * np.float32(1024 / 1.25), 1024).astype(np.int16)))
