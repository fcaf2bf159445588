"""Ultrasound: speckle in a fan or a box."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.gate.made_up.canvas import Rng, blob, finished, random_size, smooth_noise


def draw_ultrasound(rng: Rng) -> np.ndarray:
    """Layers and dark cysts under speckle, seen from a probe at the top."""
    size = random_size(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    x, y = (x / size[1] - 0.5) * 2, y / size[0]
    echo = (
        0.4
        + 0.2 * smooth_noise(rng, size, 6)
        + 0.15 * np.sin(rng.uniform(5, 40) * (y + 0.1 * smooth_noise(rng, size, 4)))
    )
    for _ in range(rng.integers(0, 6)):
        dark = blob(
            rng, size, (rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8)), (rng.uniform(0.03, 0.2), rng.uniform(0.03, 0.15))
        )
        echo[dark] *= rng.uniform(0, 0.6)
    speckle = cv2.GaussianBlur(rng.rayleigh(1, size).astype(np.float32), (5, 1), 1)
    image = np.clip(echo, 0.02, 1) * speckle * 0.7 * np.exp(-rng.uniform(0, 1.5) * y)
    if rng.random() < 0.7:
        depth, opening = np.hypot(x, y + 0.15), np.abs(np.arctan2(x, y + 0.15))
        image *= (
            (depth > rng.uniform(0.15, 0.3)) & (depth < rng.uniform(0.95, 1.15)) & (opening < rng.uniform(0.5, 0.9))
        )
    return finished(rng, image, 0.6, 0.01)
