"""Shapes, cartoons and doodles."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.gate.made_up.canvas import Rng, random_size


def draw_shapes(rng: Rng) -> np.ndarray:
    """Filled and outlined ellipses, boxes and polygons over one another, ellipses in ellipses among them."""
    height, width = random_size(rng)
    image = np.full((height, width), int(rng.choice((0, 255, int(rng.integers(0, 256))))), np.uint8)
    nested = rng.random() < 0.3
    middle = (width // 2, height // 2)
    for number in range(rng.integers(1, 14)):
        centre = middle if nested else (int(rng.integers(0, width)), int(rng.integers(0, height)))
        reach = min(height, width) / (2.2 + number if nested else rng.uniform(2.5, 12))
        grey, thickness = int(rng.integers(0, 256)), int(rng.choice((-1, -1, 1, 3)))
        if nested or rng.random() < 0.5:
            axes = (int(reach * rng.uniform(0.6, 1)), int(reach))
            cv2.ellipse(image, centre, axes, rng.uniform(0, 180), 0, 360, grey, thickness, cv2.LINE_AA)
        else:
            corners = (rng.normal(0, reach, (int(rng.integers(3, 8)), 2)) + centre).astype(np.int32)
            if thickness > 0:
                cv2.polylines(image, [corners], True, grey, 2)
            else:
                cv2.fillPoly(image, [corners], grey)
    return image


def draw_cartoon(rng: Rng) -> np.ndarray:
    """A face: head, eyes, mouth, perhaps ears and hair, in flat greys with outlines."""
    height, width = random_size(rng)
    ground, skin, ink = (int(v) for v in rng.integers((0, 80, 0), (256, 256, 60)))
    image = np.full((height, width), ground, np.uint8)
    reach = min(height, width) * rng.uniform(0.25, 0.45)
    centre = np.array((width / 2, height / 2)) + rng.normal(0, 0.05, 2) * min(height, width)

    def disc(x: float, y: float, a: float, b: float, grey: int) -> None:
        place = tuple(int(v) for v in centre + reach * np.array((x, y)))
        axes = (max(1, int(reach * a)), max(1, int(reach * b)))
        cv2.ellipse(image, place, axes, 0, 0, 360, grey, -1, cv2.LINE_AA)
        cv2.ellipse(image, place, axes, 0, 0, 360, ink, 2, cv2.LINE_AA)

    for side in (-1, 1):
        if rng.random() < 0.7:
            disc(side * rng.uniform(0.6, 1), rng.uniform(-0.8, 0), 0.25, 0.3, skin)
    disc(0, 0, rng.uniform(0.7, 1), rng.uniform(0.8, 1), skin)
    eye = rng.uniform(0.06, 0.22)
    for x in (-0.35, 0.35):
        disc(x, -0.2, eye, eye * rng.uniform(0.8, 1.5), 255)
        disc(x, -0.2, eye / 2, eye / 2, ink)
    disc(0, 0.45, rng.uniform(0.1, 0.5), rng.uniform(0.02, 0.2), ink)
    return image


def draw_doodle(rng: Rng) -> np.ndarray:
    """Curved strokes of a pen."""
    height, width = random_size(rng)
    ground, ink = (255, int(rng.integers(0, 120))) if rng.random() < 0.7 else (0, 255)
    image = np.full((height, width), ground, np.uint8)
    for _ in range(rng.integers(1, 12)):
        turns = np.cumsum(rng.normal(0, 0.35, 60))
        steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * rng.uniform(1, 6)
        path = np.cumsum(steps, axis=0) + rng.uniform(0, 1, 2) * (width, height)
        cv2.polylines(image, [path.astype(np.int32)], rng.random() < 0.2, ink, int(rng.integers(1, 5)), cv2.LINE_AA)
    return image
