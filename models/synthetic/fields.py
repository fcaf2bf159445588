"""Smooth random fields and soft shapes, the material of synthetic slices. All arrays are float32."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]


def noise(rng: np.random.Generator, size: int, grain: float) -> Field:
    """A smooth field (size, size) of mean 0 and deviation about 1 whose bumps are `grain` pixels wide."""
    cells = max(2, round(size / grain) + 3)
    coarse = rng.standard_normal((cells, cells), np.float32)
    fine = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine * np.float32(1.3), np.float32)


def step(values: Field, edge: float, softness: float) -> Field:
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
