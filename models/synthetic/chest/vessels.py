"""Pulmonary vessels: a tree that branches from each hilum, as mm of blood that a ray passes."""

from __future__ import annotations

import cv2
import numpy as np

from models.synthetic.chest.body import Chest
from models.synthetic.fields import Field, step

_GENERATIONS = 5


def vessels(rng: np.random.Generator, chest: Chest) -> Field:
    """Both trees and the hila (h, w), as far as there is lung around them."""
    canvas = np.zeros(chest.air.shape, np.uint8)
    for side in (-1, 1):
        _draw_tree(rng, canvas, chest, side)
    soft = cv2.GaussianBlur(canvas, (0, 0), 0.6 / chest.spacing_mm).astype(np.float32)
    within = step(chest.air, 0.35 * chest.depth, 0.5 * chest.depth)
    return np.asarray(soft * np.float32(rng.uniform(18, 30) / 255) * within, np.float32)


def _draw_tree(rng: np.random.Generator, canvas: np.ndarray, chest: Chest, side: int) -> None:
    """Trunks in all directions away from the midline, each forking; the thin ones are drawn first, to lie below."""
    trunks = 12
    root = (side * rng.uniform(30, 38), chest.apex + chest.height * rng.uniform(0.5, 0.6))
    starts = np.array(root) + rng.normal(0, (4, 12), (trunks, 2))
    angles = np.linspace(-1.35, 1.4, trunks) + rng.normal(0, 0.12, trunks)
    lengths, widths = rng.uniform(20, 42, trunks), rng.uniform(4, 8, trunks)
    levels = []
    for _ in range(_GENERATIONS):
        ends = starts + lengths[:, None] * np.stack([side * np.cos(angles), np.sin(angles)], axis=1)
        levels.append((starts, ends, widths))
        starts, angles, lengths, widths = (np.repeat(a, 2, axis=0) for a in (ends, angles, lengths, widths))
        fork = np.tile((-1, 1), len(angles) // 2) * rng.uniform(0.1, 0.55, len(angles))
        angles, lengths = angles + fork, lengths * rng.uniform(0.55, 0.85, len(angles))
        widths = widths * rng.uniform(0.6, 0.8, len(angles))
    for starts, ends, widths in reversed(levels):
        _draw(canvas, chest, starts, ends, widths)


def _draw(canvas: np.ndarray, chest: Chest, starts: np.ndarray, ends: np.ndarray, widths: np.ndarray) -> None:
    """Lines from `starts` to `ends` (n, 2), mm; thin ones are fainter, since none is drawn below a pixel."""
    origin = (-float(chest.x[0, 0]), 0)
    points = ((np.stack([starts, ends], axis=1) + origin) / chest.spacing_mm * 16).astype(np.int32)
    pixels = widths / chest.spacing_mm
    shades, thick = np.clip(40 + 28 * pixels, 0, 255).astype(int), np.maximum(1, np.rint(pixels)).astype(int)
    for line, shade, thickness in zip(points, shades.tolist(), thick.tolist(), strict=True):
        cv2.polylines(canvas, [line], False, shade, thickness, cv2.LINE_AA, 4)
