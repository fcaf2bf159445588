"""What the drawings share: sizes, smooth noise, and blobs of tissue."""

from __future__ import annotations

import cv2
import numpy as np

Rng = np.random.Generator


def random_size(rng: Rng, least: int = 128, most: int = 288) -> tuple[int, int]:
    """(height, width), square one time in three."""
    height, width = (int(v) for v in rng.integers(least, most, 2))
    return (height, height) if rng.random() < 0.33 else (height, width)


def smooth_noise(rng: Rng, size: tuple[int, int], cells: int) -> np.ndarray:
    """float32 (height, width) of about unit deviation, with `cells` cells a side."""
    coarse = rng.standard_normal((cells + 3, cells + 3)).astype(np.float32)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)


def blob(rng: Rng, size: tuple[int, int], centre: tuple[float, float], axes: tuple[float, float]) -> np.ndarray:
    """A wavy ellipse, bool (height, width); centre (x, y) and half axes as shares of the image, turned at random."""
    points = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    waves = sum(rng.normal(0, 0.05 / k) * np.cos(k * points + rng.uniform(0, 6.3)) for k in range(1, 6))
    turn = rng.uniform(0, np.pi) if axes[0] == axes[1] else rng.normal(0, 0.15)
    x, y = axes[0] * np.cos(points) * (1 + waves), axes[1] * np.sin(points) * (1 + waves)
    turned = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=1)
    outline = ((turned + centre) * size[::-1]).astype(np.int32)
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [outline], 1)
    return mask.astype(bool)


def finished(rng: Rng, image: np.ndarray, blur: float = 1.0, noise: float = 0.03) -> np.ndarray:
    """float (h, w) in 0..1, blurred and noisy, as uint8."""
    image = cv2.GaussianBlur(image.astype(np.float32), (0, 0), rng.uniform(0.4, 1) * blur)
    image = image + rng.uniform(0, noise) * rng.standard_normal(image.shape, np.float32)
    return np.asarray(np.clip(image, 0, 1) * 255, np.uint8)
