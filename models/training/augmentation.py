"""One random view of a packed image: its pose, its skull, its grey values."""

from __future__ import annotations

import math

import cv2
import numpy as np

from models.preprocessing import Recipe
from models.subjects.head import head_box
from models.training.degrading import degraded, reweight
from models.training.truth_values import is_tumour
from models.training.variation import UNVARIED, Variation, happens


def augment(
    image: np.ndarray,
    mask: np.ndarray,
    shape: tuple[int, int],
    rng: np.random.Generator,
    shares: Variation = UNVARIED,
) -> tuple[np.ndarray, np.ndarray]:
    """One variation of a packed image and mask, uint8, as float32 in 0..1 of `shape` (height, width) and uint8 mask."""
    size = shape[1], shape[0]
    square = (image.shape[1] / 2, image.shape[0] / 2, float(image.shape[0]))  # a packed image is all subject
    if happens(shares.stripped, rng):
        image, mask = _stripped(image, mask, rng)
    if shares.stripped:
        square = _head_square(image)
    pose = _random_pose(square, size, rng, shares)
    image = cv2.warpAffine(image, pose, size, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    mask = cv2.warpAffine(mask, pose, size, flags=cv2.INTER_NEAREST)
    if happens(shares.reweighted, rng):
        image = reweight(image, rng)
    return np.clip(degraded(image, rng), 0, 1), mask


def brain_mask(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bool (h, w) of a float image in 0..1: the head without its outer tenth or so, roughly as brain extraction leaves
    it; all of an image without a head.
    """
    head = cv2.GaussianBlur(image, (0, 0), 3) > 0.06
    outlines, _ = cv2.findContours(head.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return np.ones(image.shape, bool)
    filled = np.zeros(image.shape, np.uint8)
    cv2.fillPoly(filled, [cv2.convexHull(max(outlines, key=cv2.contourArea))], 1)
    depth = cv2.distanceTransform(np.pad(filled, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    wave = cv2.resize(rng.normal(0, 1, (6, 6)).astype(np.float32), image.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(depth > (0.11 + 0.02 * wave + rng.uniform(0, 0.05)) * 2 * depth.max())


def _stripped(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Image and mask without the skull; unchanged where more than a tenth of the tumour would go with it."""
    brain, tumour = brain_mask(image.astype(np.float32) / 255, rng), is_tumour(mask)
    if (tumour & ~brain).sum() > 0.1 * tumour.sum():
        return image, mask
    return np.where(brain, image, 0).astype(np.uint8), np.where(tumour & ~brain, 0, mask).astype(np.uint8)


def _head_square(image: np.ndarray) -> tuple[float, float, float]:
    """Centre (x, y) and side of the square that the pipeline would crop of a packed image."""
    x0, y0, x1, y1 = head_box(image.astype(np.float32) / 255)
    return (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) * (1 + 2 * Recipe.margin)


def _random_pose(
    square: tuple[float, float, float], target: tuple[int, int], rng: np.random.Generator, shares: Variation
) -> np.ndarray:
    """2x3 matrix from `square`, (x, y) of its centre and its height, to `target` (width, height): mirror left-right,
    turn, scale each axis a little differently, shift; seldom a quarter turn, as wrongly exported slices have.
    """
    x, y, side = square
    width, height = target
    quarters = int(rng.integers(1, 4)) if happens(shares.quarter_turned, rng) else 0
    upright = -1 if happens(shares.upside_down, rng) else 1
    angle = math.radians(rng.normal(0, 9) + 90 * quarters)
    scale = height / side * math.exp(rng.normal(0.02, 0.09))
    stretch = math.exp(rng.normal(0, 0.04))
    mirror = -1 if rng.random() < shares.mirrored else 1
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    matrix = np.array([[cos * mirror * stretch, -sin * upright], [sin * mirror * stretch, cos * upright]])
    centre = np.array([width / 2, height / 2]) + rng.normal(0, 0.04 * height, 2)
    return np.column_stack([matrix, centre - matrix @ (x, y)])
