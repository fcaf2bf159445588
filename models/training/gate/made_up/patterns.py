"""Noise of many sorts, plain and graded areas, repeated patterns."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.gate.made_up.canvas import Rng, random_size, smooth_noise


def draw_noise(rng: Rng) -> np.ndarray:
    """Independent pixels, or clouds of one or several scales."""
    size = random_size(rng)
    sort = rng.integers(4)
    if sort == 0:
        return rng.integers(0, 256, size).astype(np.uint8)
    if sort == 1:
        return _scaled(rng.normal(0, 1, size))
    if sort == 2:
        return np.where(rng.random(size) < rng.uniform(0.001, 0.3), 255, int(rng.integers(0, 200))).astype(np.uint8)
    cells = rng.choice((2, 4, 8, 16, 32, 64), rng.integers(1, 5), replace=False)
    return _scaled(sum(smooth_noise(rng, size, int(c)) * c ** -rng.uniform(0, 1.2) for c in cells))


def draw_plain(rng: Rng) -> np.ndarray:
    """Nearly blank: one grey with faint noise, a gradient, a vignette, a frame."""
    size = random_size(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32) / max(size)
    sort = rng.integers(4)
    if sort == 0:
        image = np.full(size, rng.uniform(0, 1))
    elif sort == 1:
        image = x * rng.normal() + y * rng.normal()
    elif sort == 2:
        image = np.hypot(x - rng.uniform(0.2, 0.8), y - rng.uniform(0.2, 0.8)) ** rng.uniform(0.5, 3) * rng.choice(
            (-1, 1)
        )
    else:
        edge = rng.uniform(0.02, 0.3)
        image = ((x > edge) & (x < x.max() - edge) & (y > edge) & (y < y.max() - edge)) * rng.choice((-1.0, 1.0))
    return _scaled(image + rng.choice((0, 0.003, 0.03)) * rng.standard_normal(size), stretch=bool(sort > 0))


def draw_pattern(rng: Rng) -> np.ndarray:
    """Stripes, chequers, rings, tiles, cells: anything that repeats, bent a little."""
    size = random_size(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32) / max(size)
    bend = rng.choice((0, 0.02, 0.1))
    x, y = x + bend * smooth_noise(rng, size, 4), y + bend * smooth_noise(rng, size, 4)
    count, turn = rng.uniform(3, 40), rng.uniform(0, np.pi)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    sort = rng.integers(5)
    if sort == 0:
        image = np.sin(2 * np.pi * count * along)
    elif sort == 1:
        image = np.sin(2 * np.pi * count * along) * np.sin(2 * np.pi * count * across)
    elif sort == 2:
        image = np.sin(2 * np.pi * count * np.hypot(x - rng.uniform(0, 1), y - rng.uniform(0, 1)))
    elif sort == 3:
        image = _cells(rng, size, int(rng.integers(8, 150)))
    else:
        tile = rng.standard_normal((int(rng.integers(4, 24)),) * 2).astype(np.float32)
        image = np.tile(cv2.resize(tile, None, fx=2, fy=2), (80, 80))[: size[0], : size[1]]
    return _scaled(np.sign(image) if rng.random() < 0.4 else image)


def _cells(rng: Rng, size: tuple[int, int], count: int) -> np.ndarray:
    """Distance to the nearest of `count` random points (Worley 1996)."""
    seeds = np.ones(size, np.uint8)
    seeds[rng.integers(0, size[0], count), rng.integers(0, size[1], count)] = 0
    distance = cv2.distanceTransform(seeds, cv2.DIST_L2, 3)
    return np.asarray(distance - distance.mean())


def _scaled(image: np.ndarray, stretch: bool = True) -> np.ndarray:
    low, high = (float(image.min()), float(image.max())) if stretch else (0.0, 1.0)
    return np.asarray(np.clip((image - low) / max(high - low, 1e-6), 0, 1) * 255, np.uint8)
