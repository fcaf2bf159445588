"""The shape of a compressed breast in an oblique view: outline, thickness and pectoral muscle, by the chest wall left.

Lengths are in heights of the image: x from the chest wall, y from the top.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from models.synthetic.fields import Field, noise_over, step


@dataclass(frozen=True, eq=False)
class Breast:
    """Fields (h, w): x and y, depth under the skin (0 outside), thickness and share of muscle in 0..1.

    skin: x of the skin by row, (h,); nipple: its x and y.
    """

    x: Field
    y: Field
    depth: Field
    thickness: Field
    muscle: Field
    skin: Field
    nipple: tuple[float, float]


def pose(rng: np.random.Generator, height: int) -> Breast:
    """A breast of random size and shape on a film (height, w), w from 0.58 to 1 of the height."""
    rows = (np.arange(height, dtype=np.float32) + np.float32(0.5)) / np.float32(height)
    middle, reach = rng.uniform(0.5, 0.64), rng.uniform(0.38, 0.64)
    tip = middle + rng.uniform(-0.03, 0.08)
    skin = _skin(rng, rows, middle, reach, tip)
    width = round(height * min(1, max(0.58, float(skin.max()) + rng.uniform(0.03, 0.25))))
    x = np.broadcast_to((np.arange(width, dtype=np.float32) + np.float32(0.5)) / np.float32(height), (height, width))
    y = np.broadcast_to(rows[:, None], (height, width))
    covered = (x < skin[:, None]).astype(np.uint8)
    depth = np.asarray(cv2.distanceTransform(covered, cv2.DIST_L2, 5) / np.float32(height), np.float32)
    margin = np.float32(rng.uniform(0.1, 0.2))
    thickness = (1 - (1 - np.minimum(depth / margin, 1)) ** np.float32(2.5)) ** np.float32(0.6)
    nipple = (float(skin[min(height - 1, int(tip * height))]), tip)
    return Breast(x, y, depth, thickness, _muscle(rng, x, y), skin, nipple)


def _skin(rng: np.random.Generator, rows: Field, middle: float, reach: float, tip: float) -> Field:
    """x of the skin by row: the axilla above, the round of the breast, sometimes a fold below, and the nipple."""
    half = np.where(rows < middle, rng.uniform(0.5, 0.75), rng.uniform(0.33, 0.46))
    power = rng.uniform(1.8, 2.3)
    across = np.minimum(np.abs(rows - np.float32(middle)) / half, 1)
    lobe = reach * (1 - across**power) ** (1 / power)
    axilla = rng.uniform(0.14, 0.34) * np.clip(1 - rows / np.float32(middle), 0, 1) ** rng.uniform(0.3, 0.9)
    fold = rng.choice((0, rng.uniform(0.03, 0.15))) * np.clip((rows - 0.85) / 0.15, 0, 1)
    skin = (lobe**2.5 + axilla**2.5 + fold**2.5) ** 0.4
    skin = skin * (1 + 0.012 * noise_over(rng, (len(rows), 2), (len(rows) / 5, 2))[:, 0])
    bump = rng.uniform(0, 0.02) * np.exp(-np.square((rows - np.float32(tip)) / np.float32(0.014)))
    return np.asarray(cv2.GaussianBlur((skin + bump)[:, None], (1, 9), 0).ravel(), np.float32)


def _muscle(rng: np.random.Generator, x: Field, y: Field) -> Field:
    """A wedge in the upper corner by the chest wall, its lower edge straight or slightly bent."""
    top, bottom = rng.uniform(0.12, 0.32), rng.uniform(0.3, 0.8)
    along = np.clip(1 - y / np.float32(bottom), 0, 1) ** np.float32(rng.uniform(0.75, 1.15))
    edge = np.float32(top) * along - x
    edge = edge + np.float32(0.004) * noise_over(rng, (x.shape[0], x.shape[1]), (90, 90))
    return step(edge, 0.004, rng.uniform(0.015, 0.04)) * step(y, bottom, -0.2)
