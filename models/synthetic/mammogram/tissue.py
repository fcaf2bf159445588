"""What a breast holds: fat, glands, strands, vessels. Attenuation, 1 being fat of full thickness."""

from __future__ import annotations

import cv2
import numpy as np

from models.synthetic.fields import Field, ellipse, fractal, noise_over, step
from models.synthetic.mammogram.breast import Breast
from models.synthetic.mammogram.streaks import Streaks, ridges, streaks_of


def healthy(rng: np.random.Generator, breast: Breast) -> Field:
    """Attenuation (h, w) of a breast without a lesion, from fatty to dense."""
    density = rng.beta(1.0, 1.4)
    shape, streaks = breast.depth.shape, streaks_of(rng, breast)
    gland = _gland(rng, breast, streaks, density)
    uneven = 1 + np.float32(0.07) * fractal(rng, shape, shape[0] / 6, 4, 0.7)
    fibres = streaks.along(rng, 12, 4) + fractal(rng, shape, shape[0] / 8, 5, 0.7)
    clumps = np.clip(np.float32(0.75) + np.float32(rng.uniform(0.15, 0.35)) * fibres, 0.05, 2)
    strands = _strands(rng, breast, streaks) * (np.float32(0.13) + np.float32(rng.uniform(0.2, 0.45)) * gland)
    full = np.float32(0.15 + 1.25 * density) * gland * clumps
    rim = np.exp(-np.square((breast.depth - np.float32(0.004)) / np.float32(0.004)))
    image = breast.thickness * (uneven + full + strands + _vessels(rng, breast) + _muscle(rng, breast))
    return np.asarray(image + np.float32(rng.uniform(0.02, 0.1)) * rim * (breast.depth > 0), np.float32)


def _gland(rng: np.random.Generator, breast: Breast, streaks: Streaks, density: float) -> Field:
    """Share of glandular tissue (h, w), behind the nipple, with fat under the skin and none in the muscle."""
    shape, reach = breast.depth.shape, breast.nipple[0]
    centre = (reach * rng.uniform(0.5, 0.68), breast.nipple[1] - rng.uniform(0, 0.08))
    axes = (reach * (0.35 + 0.22 * density), reach * (0.35 + 0.4 * density) * rng.uniform(0.8, 1.2))
    distance = ellipse(breast.x, breast.y, centre, axes, rng.uniform(-0.6, 0.6))
    ragged = fractal(rng, shape, shape[0] / 5, 4, 0.5) + streaks.along(rng, 20, 3)
    distance = distance + np.float32(rng.uniform(0.1, 0.22)) * ragged
    return step(-distance, -0.85, rng.uniform(0.4, 1.3)) * step(breast.depth, 0.05, 0.07) * (1 - breast.muscle)


def _strands(rng: np.random.Generator, breast: Breast, streaks: Streaks) -> Field:
    """Ducts and ligaments (h, w): lines that run from the nipple, and a web of finer ones across, all broken."""
    shape = breast.depth.shape
    coarse = ridges(streaks.along(rng, 9, 1), 0.22) * step(noise_over(rng, shape, (50, 50)), 0.2, 1.4)
    fine = ridges(streaks.along(rng, 6, 1), 0.28) * step(noise_over(rng, shape, (40, 40)), 0.3, 1.4)
    web = ridges(fractal(rng, shape, shape[0] / 5, 3), 0.08) * step(noise_over(rng, shape, (30, 30)), 0.5, 1.2)
    total = coarse + np.float32(0.8) * fine + np.float32(0.8) * web
    return np.asarray(total * step(breast.depth, 0.03, 0.05) * (1 - np.float32(0.8) * breast.muscle), np.float32)


def _vessels(rng: np.random.Generator, breast: Breast) -> Field:
    """A few winding vessels (h, w), upright under the skin."""
    height, width = breast.depth.shape
    canvas, count = np.zeros((height, width), np.uint8), 60
    rows = np.linspace(0.1, 0.95, count)
    skin = np.interp(rows, np.linspace(0, 1, height), breast.skin)
    for _ in range(rng.integers(1, 4)):
        start, end = sorted(rng.integers(0, count, 2))
        wave = noise_over(rng, (count, 2), (count / 7, 2))[:, 0] * 0.012
        points = np.stack([rng.uniform(0.3, 0.85) * skin + wave, rows], axis=1)[start : end + 2] * height * 16
        shade = int(rng.integers(60, 200))
        cv2.polylines(canvas, [points.astype(np.int32)], False, shade, int(rng.integers(1, 3)), cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(canvas, (5, 5), 0.8) * np.float32(0.3 / 255), np.float32)


def _muscle(rng: np.random.Generator, breast: Breast) -> Field:
    """What the pectoral muscle adds (h, w): brightest in its corner, faintly streaked."""
    shape = breast.depth.shape
    tone = np.float32(rng.uniform(0.5, 1.0)) * (1 + np.float32(0.05) * fractal(rng, shape, shape[0] / 4, 3, 0.6))
    return np.asarray(breast.muscle * tone * (np.float32(1.1) - np.float32(0.5) * breast.y), np.float32)
