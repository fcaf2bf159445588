"""Plausible variation of a whole picture before the gate sees it: pose, border, tone, scanner, letters, encoding.

Known kinds and others vary alike, so that no border, noise or JPEG block tells one from another.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from models.report import Kind
from models.training.augmentation import brain_mask
from models.training.degrading import degraded, reweight

LONGEST = 224  # varied at this size; the gate sees still less
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX)
_LETTERS = "ABCDEFGHIKLMNOPRSTUVXYZ 0123456789:/.-"


def shrunk(image: np.ndarray) -> np.ndarray:
    """uint8 (h, w) as float32 in 0..1, at most LONGEST pixels long."""
    scale = min(1.0, LONGEST / max(image.shape))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    return small.astype(np.float32) / 255


def vary(image: np.ndarray, rng: np.random.Generator, kind: str) -> np.ndarray:
    """One variation of float32 (h, w) in 0..1. A brain may lose its skull and change its weighting; of a photograph
    any part is one.
    """
    if kind == Kind.BRAIN_MRI:
        image = image * brain_mask(image, rng) if rng.random() < 0.25 else image
        image = reweight(image, rng) if rng.random() < 0.3 else image
    if kind == "photograph" and rng.random() < 0.7:
        image = _part(image, rng)
    if rng.random() < 0.6:
        image = _posed(image, rng)
    if rng.random() < 0.6:
        image = _reframed(image, rng)
    image = degraded(image, rng)
    if rng.random() < 0.12:
        image = _lettered(image, rng)
    return np.ascontiguousarray(np.clip(image, 0, 1), np.float32)


def _part(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = (np.array(image.shape) * rng.uniform(0.35, 0.9, 2)).astype(int)
    top, left = (int(rng.integers(0, whole - part)) for whole, part in zip(image.shape, (height, width), strict=True))
    return image[top : top + height, left : left + width]


def _posed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirrored, turned by quarters and some degrees, stretched a little."""
    image = np.rot90(image, int(rng.choice((0, 0, 0, 1, 2, 3))))
    image = image[:, :: rng.choice((-1, 1))]
    height, width = image.shape
    stretch = math.exp(rng.normal(0, 0.08))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 8), 1)
    matrix[0] *= stretch
    size = max(8, round(width * stretch)), height
    return cv2.warpAffine(np.ascontiguousarray(image), matrix, size, borderMode=cv2.BORDER_REPLICATE)


def _reframed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A border of any width and grey (mostly black), or a cut into the image."""
    height, width = image.shape
    if rng.random() < 0.4:
        top, bottom, left, right = (rng.uniform(0, 0.14, 4) * (height, height, width, width)).astype(int)
        return image[top : height - bottom, left : width - right]
    most = rng.choice((0.1, 0.5))
    top, bottom, left, right = (int(s) for s in rng.uniform(0, most, 4) * (height, height, width, width))
    grey = rng.choice((0.0, rng.uniform(0, 0.15), rng.uniform(0, 1), 1.0), p=(0.7, 0.15, 0.05, 0.1))
    whole = np.ascontiguousarray(image)
    return cv2.copyMakeBorder(whole, top, bottom, left, right, cv2.BORDER_CONSTANT, value=float(grey))


def _lettered(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A few lines in the corners, as viewers and screenshots have them."""
    letters = np.zeros(image.shape, np.uint8)
    height, width = image.shape
    for _ in range(rng.integers(1, 7)):
        text = "".join(rng.choice(list(_LETTERS), rng.integers(1, 14)))
        x = int(rng.choice((0.02, 0.6)) * width)
        y = int((rng.choice((0.06, 0.85)) + rng.uniform(0, 0.12)) * height)
        font, scale = _FONTS[rng.integers(len(_FONTS))], rng.uniform(0.25, 0.7)
        cv2.putText(letters, text, (x, y), font, scale, int(rng.integers(150, 256)), 1, cv2.LINE_AA)
    return np.asarray(np.maximum(image, letters / np.float32(255)))
