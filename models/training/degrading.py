"""What scanners, coils, films and exports do to an image's grey values, at random."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def reweight(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another weighting's contrast: grey values through a smooth random curve; air stays dark."""
    fine = np.linspace(0, 1, 64)
    values = np.concatenate([[0, rng.uniform(0, 0.5)], rng.uniform(0.1, 1, 4)])
    curve = cv2.GaussianBlur(np.interp(fine, np.linspace(0, 1, 6), values)[None], (9, 1), 3)[0]
    return np.asarray(np.interp(image, fine, curve), np.float32)


def degraded(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A float image in 0..1 after some of the changes that need no mask; may leave 0..1."""
    for chance, change in _CHANGES:
        if rng.random() < chance:
            image = change(image, rng)
    return image


def _gamma(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(np.power(image, math.exp(rng.normal(0, 0.25))))


def _brightness(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return image * math.exp(rng.normal(0, 0.2))


def _bias_field(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A coil's smooth shading, up to about a third either way."""
    coarse = rng.normal(0, 0.18, (3, 3)).astype(np.float32)
    return image * np.exp(cv2.resize(coarse, image.shape[::-1], interpolation=cv2.INTER_CUBIC))


def _noise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    sigma = rng.uniform(0.005, 0.05)
    return np.asarray(image + sigma * rng.standard_normal(image.shape, np.float32))


def _blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))


def _coarser(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As if the matrix had been smaller."""
    small = cv2.resize(image, None, fx=(f := rng.uniform(0.4, 0.8)), fy=f, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _jpeg(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    deep = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", deep, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32) / 255


def _border(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A frame of any brightness, or a crop into the head: borders must not tell one source from another."""
    width = max(1, int(rng.uniform(0.01, 0.07) * image.shape[0]))
    framed = np.full_like(image, rng.choice([0.0, rng.uniform(0, 0.1), 1.0], p=[0.6, 0.3, 0.1]))
    framed[width:-width, width:-width] = image[width:-width, width:-width]
    return framed


_CHANGES: tuple[tuple[float, Change], ...] = (
    (0.5, _gamma),
    (0.4, _brightness),
    (0.4, _bias_field),
    (0.15, _coarser),
    (0.15, _blur),
    (0.3, _noise),
    (0.15, _jpeg),
    (0.1, _border),
)
