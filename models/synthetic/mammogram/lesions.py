"""Lesions of the breast as they add to attenuation, each drawn in a window around its centre."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np

from models.synthetic.fields import Field, ellipse, fractal
from models.synthetic.placing import Drawn, window


class BreastLesion(StrEnum):
    """The labels of lesions, as the mammogram model names them."""

    BENIGN = "benign lesion"
    SUSPICIOUS = "suspicious lesion"


Drawer: TypeAlias = Callable[[np.random.Generator, float], Drawn]


def draw_lesion(rng: np.random.Generator, label: BreastLesion, spacing_mm: float) -> Drawn:
    """A mass or a cluster of micro-calcifications, of a size that is usual for it."""
    draw, least, most = DRAWERS[label][0 if rng.random() < _SHARE_OF_MASSES else 1]
    return draw(rng, rng.uniform(least, most) / spacing_mm)


def circumscribed_mass(rng: np.random.Generator, radius: float) -> Drawn:
    """Round or oval, sharply outlined, of even density; `radius` in pixels."""
    u, v = window(radius, 1.6)
    distance = ellipse(u, v, (0, 0), (1, rng.uniform(0.7, 1)), rng.uniform(0, np.pi))
    distance += np.float32(0.06) * fractal(rng, (len(u), len(u)), len(u) / 3, 3)
    added = np.float32(rng.uniform(0.55, 1.1)) * np.sqrt(np.clip(1 - distance**3, 0, 1))
    return Drawn(_soft(added, radius / 16), distance < 1)


def spiculated_mass(rng: np.random.Generator, radius: float) -> Drawn:
    """A dense irregular core with fine straight lines that radiate from it; `radius` of the core in pixels."""
    u, v = window(radius, 3.2)
    distance = ellipse(u, v, (0, 0), (1, rng.uniform(0.65, 1)), rng.uniform(0, np.pi))
    distance += np.float32(0.2) * fractal(rng, (len(u), len(u)), len(u) / 5, 4, 0.6)
    core = np.float32(rng.uniform(0.9, 1.6)) * np.sqrt(np.clip(np.float32(1.1) - distance, 0, 1))
    spicules = _spicules(rng, len(u), radius) * np.float32(rng.uniform(0.3, 0.6))
    return Drawn(_soft(np.maximum(core, spicules) + np.float32(0.5) * spicules, radius / 14), distance < 1)


def round_calcifications(rng: np.random.Generator, radius: float) -> Drawn:
    """A few coarse, round, even specks, loosely together; `radius` of their spread in pixels."""
    points = rng.uniform(-0.75, 0.75, (int(rng.integers(4, 10)), 2)) * radius
    return _cluster(rng, points, radius, (1.2, 2.6), 1.0)


def fine_calcifications(rng: np.random.Generator, radius: float) -> Drawn:
    """Many fine specks of uneven shape and brightness, close together; `radius` of their spread in pixels."""
    points = np.clip(rng.normal(0, 0.4, (int(rng.integers(14, 45)), 2)), -0.9, 0.9) * radius
    return _cluster(rng, points, radius, (0.5, 1.6), rng.uniform(1, 2.5))


def _cluster(
    rng: np.random.Generator, points: np.ndarray, radius: float, specks: tuple[float, float], stretch: float
) -> Drawn:
    """Specks of half widths between `specks` pixels at `points` (n, 2) from the centre, long by `stretch` at most."""
    u, _ = window(radius, 1.3)
    places = (points + len(u) / 2) * 16
    canvas = np.zeros(u.shape, np.uint8)
    for x, y in places:
        wide = rng.uniform(*specks) * 16
        axes = int(wide * rng.uniform(1, stretch)), int(wide)
        turn, shade = float(rng.uniform(0, 180)), int(rng.integers(130, 256))
        cv2.ellipse(canvas, (int(x), int(y)), axes, turn, 0, 360, shade, cv2.FILLED, cv2.LINE_AA, 4)
    hull = np.zeros(u.shape, np.uint8)
    outline = cv2.convexHull((places / 16).astype(np.int32))
    cv2.fillConvexPoly(hull, outline, 1)
    cv2.polylines(hull, [outline], True, 1, 2 * round(specks[1]) + 3)
    return Drawn(_soft(canvas.astype(np.float32) * np.float32(1.8 / 255), 0.7), hull > 0)


def _spicules(rng: np.random.Generator, size: int, radius: float) -> Field:
    """Lines (size, size) from the centre outwards, fading towards their ends."""
    canvas, middle = np.zeros((size, size), np.uint8), size / 2
    for angle in rng.uniform(0, 2 * np.pi, rng.integers(14, 30)):
        reach, bend = radius * rng.uniform(1.3, 2.6), rng.normal(0, 0.12)
        steps = np.linspace(0, 1, 5)
        turned = angle + bend * steps
        points = middle + reach * np.stack([steps * np.cos(turned), steps * np.sin(turned)], axis=1)
        for part in range(4):
            ends = (points[part : part + 2] * 16).astype(np.int32)
            thickness = max(1, round(radius * (0.1 - 0.025 * part)))
            cv2.polylines(canvas, [ends], False, 255 - 55 * part, thickness, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / np.float32(255)


def _soft(field: Field, sigma: float) -> Field:
    return np.asarray(cv2.GaussianBlur(field, (0, 0), max(0.5, sigma)), np.float32)


_SHARE_OF_MASSES = 0.65
DRAWERS: Mapping[BreastLesion, tuple[tuple[Drawer, float, float], ...]] = MappingProxyType(
    {
        BreastLesion.BENIGN: ((circumscribed_mass, 4, 13), (round_calcifications, 3, 8)),
        BreastLesion.SUSPICIOUS: ((spiculated_mass, 3.5, 10), (fine_calcifications, 4, 10)),
    }
)
"""For each label a mass and a cluster: what draws it, and its least and greatest radius in mm."""
