"""Plausible variation of a slice: pose, scanner, coil, noise, resolution, border."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from models.errors import TrainingDataError
from models.preprocessing import Recipe
from models.subjects.head import head_box
from models.training.truth_values import is_tumour

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Variation:
    """Shares of the images that training sees without their skull, under another weighting, turned by quarters, upside
    down, with a lesion of another image, with drawn lesions (of X-rays alone), and mirrored left to right.
    """

    stripped: float = 0.0
    reweighted: float = 0.0
    quarter_turned: float = 0.0
    upside_down: float = 0.0
    implanted: float = 0.0
    drawn: float = 0.0
    mirrored: float = 0.5

    def __post_init__(self) -> None:
        """Raises TrainingDataError for what is no share."""
        for name, share in vars(self).items():
            if not 0 <= share <= 1:
                raise TrainingDataError(f"{name} is {share}; it is a share of the images, from 0 to 1.")


UNVARIED = Variation()


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


def happens(share: float, rng: np.random.Generator) -> bool:
    """Draws nothing for a share of 0: a run without a kind of variation is what it was before there was that kind."""
    return share > 0 and rng.random() < share


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
