"""CT of a head out of an MR slice of one: real outlines and folds, with CT's own values in a skull that is drawn.

One real head CT teaches one head; the brain collections have hundreds.
"""

from __future__ import annotations

import cv2
import numpy as np

from models.training.gate.made_up.canvas import Rng, smooth_noise

_AIR, _FAT, _SOFT, _BONE = -1000.0, -90.0, 45.0, 900.0
_WINDOWS = ((40, 80), (35, 100), (40, 160), (50, 350), (500, 2000), (500, 3000))
_HEAD_FROM = 0.06  # of the brightest; air is darker
_FILLED = 0.85  # of the image: a head that was cut out has no outline of its own


def ct_of_mr(image: np.ndarray, rng: Rng) -> np.ndarray:
    """float32 (h, w) in 0..1, in a random CT window, from an MR slice (h, w) in 0..1."""
    size = (image.shape[0], image.shape[1])
    smooth = cv2.GaussianBlur(image, (0, 0), 1.5) / max(float(np.percentile(image, 99.5)), 1e-3)
    head = _head(smooth)
    values = np.where(head, _inside(rng, smooth, head), _AIR)
    values = _with_skull(rng, values, smooth, head)
    values = _on_rest(rng, values) if rng.random() < 0.5 else values
    grainy = values + rng.uniform(1, 9) * smooth_noise(rng, size, max(size) // 2)
    centre, width = _WINDOWS[rng.integers(len(_WINDOWS))]
    sharp = cv2.GaussianBlur(grainy.astype(np.float32), (0, 0), rng.uniform(0.4, 0.9))
    return np.asarray(np.clip((sharp - centre) / width + 0.5, 0, 1), np.float32)


def _head(smooth: np.ndarray) -> np.ndarray:
    """Bool (h, w): the largest bright thing and all within; an ellipse where it fills the image."""
    bright = (smooth > _HEAD_FROM).astype(np.uint8)
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    head = np.zeros_like(bright)
    if outlines:
        cv2.fillPoly(head, [max(outlines, key=cv2.contourArea)], 1)
    if not 0.02 < head.mean() < _FILLED:
        height, width = head.shape
        head[:] = 0
        cv2.ellipse(head, (width // 2, height // 2), (int(0.48 * width), int(0.48 * height)), 0, 0, 360, 1, -1)
    return head > 0


def _inside(rng: Rng, smooth: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Hounsfield units of the brain, flat but for the slice's own folds; bone or air where MR shows nothing."""
    typical = max(float(np.median(smooth[head])), 1e-3)
    contrast = rng.choice((1, 1, -0.5)) * rng.uniform(5, 35)
    values = rng.uniform(25, 40) + np.clip((smooth / typical - 1) * contrast, -25, 30)
    empty = smooth < typical * rng.uniform(0.15, 0.45)
    filled_with = np.where(smooth_noise(rng, head.shape, 6) > rng.uniform(-1, 1), _BONE * rng.uniform(0.3, 1), _AIR)
    return np.where(empty, filled_with, values) if rng.random() < 0.7 else values


def _with_skull(rng: Rng, values: np.ndarray, smooth: np.ndarray, head: np.ndarray) -> np.ndarray:
    """A closed ring of bone of uneven thickness, spongy in the middle, under a scalp of fat and muscle."""
    depth = cv2.distanceTransform(np.pad(head.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    reach, wave = float(depth.max()), 1 + 0.25 * smooth_noise(rng, head.shape, 5)
    outer, thick = rng.uniform(0.02, 0.09) * reach * wave, rng.uniform(0.05, 0.15) * reach * wave
    across = (depth - outer) / np.maximum(thick, 1e-3)
    bone = _BONE * rng.uniform(0.7, 1.6) * (1 - rng.uniform(0, 0.6) * np.exp(-np.square((across - 0.5) * 5)))
    values = np.where(head & (across <= 0), np.where(smooth > 0.4, _FAT, _SOFT), values)
    return np.where(head & (across > 0) & (across < 1), bone, values)


def _on_rest(rng: Rng, values: np.ndarray) -> np.ndarray:
    """With the head rest of a CT scanner: an arc below the head."""
    height, width = values.shape
    arc = np.zeros(values.shape, np.uint8)
    reach = rng.uniform(0.42, 0.6) * height
    place = (width // 2, int(height * rng.uniform(0.45, 0.55)))
    cv2.ellipse(arc, place, (int(reach * rng.uniform(0.7, 1)), int(reach)), 0, 20, 160, 1, int(rng.integers(1, 4)))
    return np.where((arc > 0) & (values < _FAT), rng.uniform(0, 300), values)
