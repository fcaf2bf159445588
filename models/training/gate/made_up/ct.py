"""CT phantoms: heads by the anatomy of the synthetic MR slices with CT's own values, and trunks of ellipses."""

from __future__ import annotations

import cv2
import numpy as np

from models.synthetic.brain.anatomy import TISSUES, Head, Level, Tissue, Weighting, healthy, pose
from models.synthetic.fields import mix, step
from models.training.gate.made_up.canvas import Rng, blob, finished, smooth_noise

# Hounsfield units: grey and white matter, fluid, fat, bone, muscle, vessel.
_HEAD = Tissue(38, 30, 8, -80, 1000, 50, 55)
_AIR, _LUNG, _FAT, _SOFT, _LIVER, _SPONGY, _BONE = -1000, -830, -90, 45, 65, 250, 900
_WINDOWS = ((35, 80), (40, 150), (40, 350), (50, 400), (400, 1800), (-500, 1500), (0, 2200))


def draw_head_ct(rng: Rng) -> np.ndarray:
    """An axial head with a bright closed skull, in a random window."""
    size = int(rng.integers(110, 150))
    head = pose(rng, size)
    return _windowed(rng, _values(rng, head, Level(rng.choice(list(Level)))))


def _values(rng: Rng, head: Head, level: Level) -> np.ndarray:
    """Hounsfield units: the MR slice's grey values read as tissues, inside a skull of bone."""
    mr, table = healthy(rng, head, Weighting.T1, level), TISSUES[Weighting.T1]
    order = ("bone", "fluid", "grey_matter", "white_matter", "vessel", "fat")
    values = np.interp(mr, [getattr(table, k) for k in order], [getattr(_HEAD, k) if k != "bone" else 0 for k in order])
    thick = rng.uniform(0.03, 0.08)
    middle = rng.uniform(0.89, 0.93)
    skull = np.exp(-np.square((head.rho - np.float32(middle)) / np.float32(thick)) * 3)
    values = mix(values.astype(np.float32), _HEAD.bone * rng.uniform(0.8, 1.6), np.clip(1.4 * skull, 0, 1))
    values = mix(values, _AIR, step(head.rho, 1.0, 0.01))
    if rng.random() < 0.5:  # the head rest
        rest = np.exp(-np.square((np.hypot(head.u * 0.8, head.v) - np.float32(1.12)) / np.float32(0.02)))
        values = np.where((rest > 0.5) & (head.v > 0.3), 150, values)
    return np.asarray(values)


def draw_body_ct(rng: Rng) -> np.ndarray:
    """An axial chest, abdomen or pelvis: fat, muscle, lungs or bowel, organs, spine and ribs, the table below."""
    height = int(rng.integers(140, 260))
    size = (height, int(height * rng.uniform(1, 1.4)))
    image = np.full(size, _AIR, np.float32)
    trunk = blob(rng, size, (0.5, 0.5), (rng.uniform(0.36, 0.47), rng.uniform(0.3, 0.42)))
    image[trunk] = _FAT
    inner = cv2.erode(trunk.astype(np.uint8), np.ones((3, 3)), iterations=int(rng.integers(2, 14))) > 0
    image[inner] = _SOFT
    (_chest if rng.random() < 0.5 else _abdomen)(rng, image, inner)
    spine = blob(rng, size, (0.5, 0.72), (rng.uniform(0.05, 0.08), rng.uniform(0.05, 0.07)))
    image[spine & inner] = _SPONGY
    image[spine & inner & ~(cv2.erode(spine.astype(np.uint8), np.ones((3, 3))) > 0)] = _BONE
    rim = cv2.dilate(inner.astype(np.uint8), np.ones((3, 3))) > 0
    for angle in rng.uniform(0, 2 * np.pi, rng.integers(3, 14)):
        spot = blob(rng, size, (0.5 + 0.36 * np.cos(angle), 0.5 + 0.3 * np.sin(angle)), (0.03, 0.012))
        image[spot & rim] = _BONE
    if rng.random() < 0.6:
        y = int(rng.uniform(0.86, 0.95) * size[0])
        cv2.ellipse(image, (size[1] // 2, y - size[0]), (size[1], size[0]), 0, 60, 120, 0.0, 2)
    return _windowed(rng, image)


def _chest(rng: Rng, image: np.ndarray, inner: np.ndarray) -> None:
    size = (image.shape[0], image.shape[1])
    for x in (0.31, 0.69):
        image[blob(rng, size, (x, 0.47), (rng.uniform(0.1, 0.15), rng.uniform(0.16, 0.24))) & inner] = _LUNG
    for _ in range(rng.integers(10, 40)):
        vessel = blob(rng, size, (rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.65)), (0.01, 0.01))
        image[vessel & inner] = _SOFT
    heart = blob(rng, size, (rng.uniform(0.48, 0.58), 0.45), (rng.uniform(0.08, 0.15), rng.uniform(0.08, 0.14)))
    image[heart & inner] = rng.choice((_SOFT, 180))


def _abdomen(rng: Rng, image: np.ndarray, inner: np.ndarray) -> None:
    size = (image.shape[0], image.shape[1])
    image[blob(rng, size, (0.32, 0.45), (rng.uniform(0.08, 0.17), rng.uniform(0.1, 0.2))) & inner] = _LIVER
    for _ in range(rng.integers(5, 25)):
        place = rng.uniform(0.25, 0.75), rng.uniform(0.28, 0.68)
        value = float(rng.choice((_FAT, _LIVER, 10, 150, _AIR), p=(0.35, 0.3, 0.15, 0.15, 0.05)))
        image[blob(rng, size, place, (rng.uniform(0.02, 0.08), rng.uniform(0.02, 0.07))) & inner] = value


def _windowed(rng: Rng, values: np.ndarray) -> np.ndarray:
    centre, width = _WINDOWS[rng.integers(len(_WINDOWS))]
    grainy = values + rng.uniform(2, 14) * smooth_noise(rng, (values.shape[0], values.shape[1]), values.shape[0] // 2)
    return finished(rng, np.clip((grainy - centre) / width + 0.5, 0, 1), 0.8, 0.01)
