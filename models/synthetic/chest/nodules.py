"""Opacities of the lung, as mm of soft tissue that a ray passes, each drawn in a window around its centre."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np

from models.synthetic.fields import Field, ellipse, fractal
from models.synthetic.placing import Drawn, window


class ChestLesion(StrEnum):
    """The labels of opacities, as the chest model names them."""

    INDETERMINATE = "indeterminate opacity"
    SUSPICIOUS = "suspicious opacity"


def draw_nodule(rng: np.random.Generator, label: ChestLesion, spacing_mm: float) -> Drawn:
    """An indeterminate one is round and 6 to 22 mm wide; a suspicious one lobulated or spiculated, 10 to 30 mm."""
    if label is ChestLesion.INDETERMINATE:
        return _nodule(rng, rng.uniform(6, 22), spacing_mm, lobes=0.04, spiculated=False)
    return _nodule(rng, rng.uniform(10, 30), spacing_mm, lobes=rng.uniform(0.12, 0.2), spiculated=rng.random() < 0.6)


def _nodule(rng: np.random.Generator, diameter: float, spacing_mm: float, lobes: float, spiculated: bool) -> Drawn:
    radius = diameter / 2 / spacing_mm
    u, v = window(radius, 2.4)
    distance = ellipse(u, v, (0, 0), (1, rng.uniform(0.8, 1)), rng.uniform(0, np.pi))
    distance += np.float32(lobes) * fractal(rng, (len(u), len(u)), len(u) / 4, 3)
    thickness = np.sqrt(np.clip(1 - np.square(np.maximum(distance, 0)), 0, 1))
    if spiculated:
        thickness = np.maximum(thickness, np.float32(rng.uniform(0.2, 0.35)) * _spicules(rng, len(u), radius))
    dense = diameter * rng.uniform(1.2, 1.9)  # more than water of its width: tissue is drawn in
    return Drawn(np.asarray(cv2.GaussianBlur(thickness * np.float32(dense), (0, 0), 0.8), np.float32), distance < 1)


def _spicules(rng: np.random.Generator, size: int, radius: float) -> Field:
    canvas, middle = np.zeros((size, size), np.uint8), size / 2
    for angle in rng.uniform(0, 2 * np.pi, rng.integers(9, 18)):
        for reach, shade in ((rng.uniform(1.5, 2.2), 120), (1.35, 255)):
            tip = middle + reach * radius * np.array((np.cos(angle), np.sin(angle)))
            ends = (np.array(((middle, middle), tip)) * 16).astype(np.int32)
            cv2.polylines(canvas, [ends], False, shade, 1, cv2.LINE_AA, 4)
    return np.asarray(canvas / np.float32(255), np.float32)
