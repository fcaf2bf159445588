"""MR of a body out of a CT of one: real outlines and organs, with grey values as some MR sequence might have them."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.gate.made_up.canvas import Rng, smooth_noise

_HOUNSFIELD = (-1000, -700, -130, -60, 0, 20, 40, 60, 90, 200, 400, 1000)


def mr_of_ct(values: np.ndarray, rng: Rng) -> np.ndarray:
    """uint8 (h, w) from Hounsfield units (h, w): every tissue in a random grey, air and hard bone dark, shaded."""
    quiet = cv2.bilateralFilter(np.clip(values, -1000, 1500).astype(np.float32), 5, 40, 2)
    fat = rng.uniform(0.5, 1) if rng.random() < 0.7 else rng.uniform(0, 0.2)
    soft = np.clip(rng.uniform(0.1, 0.6) + rng.normal(0, 0.15, 5).cumsum(), 0.03, 1)
    marrow = rng.uniform(0.1, 1) * max(fat, 0.3)
    greys = (0, rng.uniform(0, 0.06), fat, fat, *soft, rng.uniform(0.1, 1), marrow, rng.uniform(0, 0.1))
    image = np.interp(quiet, _HOUNSFIELD, greys)
    size = (image.shape[0], image.shape[1])
    image = image * np.exp(rng.uniform(0, 0.5) * smooth_noise(rng, size, 3))
    image = cv2.GaussianBlur(image.astype(np.float32), (0, 0), rng.uniform(0.4, 1.2))
    noisy = np.abs(image + rng.uniform(0, 0.05) * rng.standard_normal(size, np.float32))
    return np.asarray(np.clip(noisy / max(float(np.percentile(noisy, 99.5)), 1e-3), 0, 1) * 255, np.uint8)
