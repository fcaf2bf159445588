"""Phantoms of other parts of the body, as MR or as X-ray: limbs across and along, hands, spines, trunks."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.gate.made_up.canvas import Rng, blob, finished, random_size, smooth_noise


def draw_limb(rng: Rng) -> np.ndarray:
    """One limb or two across (MR): fat around muscle bundles, one or two bones with dark cortex and bright marrow."""
    size = random_size(rng)
    image = np.zeros(size, np.float32)
    fat, muscle, marrow = rng.uniform(0.5, 1), rng.uniform(0.15, 0.6), rng.uniform(0.4, 1)
    two = rng.random() < 0.3
    for x in (0.27, 0.73) if two else (0.5,):
        reach = rng.uniform(0.17, 0.22) if two else rng.uniform(0.28, 0.42)
        place = (x, 0.5 + rng.normal(0, 0.02))
        image[blob(rng, size, place, (reach, reach))] = fat
        image[blob(rng, size, place, (reach * 0.85, reach * 0.85))] = muscle
        for _ in range(rng.integers(4, 12)):
            bundle = tuple(np.array(place) + rng.normal(0, reach * 0.4, 2))
            image[blob(rng, size, (bundle[0], bundle[1]), (reach * 0.25, reach * 0.2))] = muscle * rng.uniform(0.8, 1.2)
        for _ in range(rng.integers(1, 3)):
            bone = tuple(np.array(place) + rng.normal(0, reach * 0.25, 2))
            width = reach * rng.uniform(0.15, 0.4)
            image[blob(rng, size, (bone[0], bone[1]), (width, width))] = 0.02
            image[blob(rng, size, (bone[0], bone[1]), (width * 0.75, width * 0.75))] = marrow
    return _scanned(rng, image)


def draw_hand(rng: Rng) -> np.ndarray:
    """Long bones side by side as an X-ray shows a hand, a foot, a forearm or a leg; sometimes a joint between two."""
    size = random_size(rng)
    image = np.zeros(size, np.float32)
    count = int(rng.choice((1, 2, 4, 5)))
    soft, spread = rng.uniform(0.2, 0.4), 0.8 / count
    for i in range(count):
        x = 0.5 + (i - (count - 1) / 2) * spread * 0.9
        lean = rng.normal(0, 0.06)
        y = rng.uniform(-0.1, 0.25)
        while y < 1.05:
            end = y + rng.uniform(0.15, 0.6)
            width = spread * rng.uniform(0.1, 0.22)
            image = np.maximum(image, soft * _bar(size, (x + lean * y, y), (x + lean * end, end), 2.3 * width))
            image = np.maximum(image, 0.85 * _bar(size, (x + lean * y, y), (x + lean * end, end), width))
            image -= 0.25 * _bar(size, (x + lean * y, y + 0.04), (x + lean * end, end - 0.04), 0.5 * width)
            for place in (y, end):
                image = np.maximum(image, 0.8 * blob(rng, size, (x + lean * place, place), (width * 0.8, 0.025)))
            y = end + 0.03
    image *= 1 + 0.1 * smooth_noise(rng, size, 12)
    return _scanned(rng, 1 - np.clip(image, 0, 1) if rng.random() < 0.3 else image)


def _bar(size: tuple[int, int], start: tuple[float, float], end: tuple[float, float], width: float) -> np.ndarray:
    mask = np.zeros(size, np.float32)
    points = [(int(x * size[1]), int(y * size[0])) for x, y in (start, end)]
    cv2.line(mask, points[0], points[1], 1.0, max(1, int(width * min(size))), cv2.LINE_AA)
    return mask


def draw_spine(rng: Rng) -> np.ndarray:
    """A spine from the side (MR): a curved column of vertebrae and discs, cord in fluid, fat behind."""
    size = random_size(rng)
    image = np.full(size, rng.uniform(0.05, 0.3), np.float32) * (1 + 0.3 * smooth_noise(rng, size, 8))
    vertebra, disc, fluid, fat = rng.uniform(0.1, 1, 4)
    x, lean, bow = rng.uniform(0.35, 0.6), rng.normal(0, 0.1), rng.normal(0, 0.12)
    step, width = rng.uniform(0.07, 0.16), rng.uniform(0.07, 0.14)

    def column(y: float) -> float:
        return float(x + lean * (y - 0.5) + bow * (y - 0.5) ** 2 * 4)

    heights = np.linspace(-0.1, 1.1, 60)
    for shift, wide, grey in ((1.2, 0.5, fluid), (1.2, 0.25, vertebra * 0.7), (2.3, 0.8, fat)):
        line = [(int((column(y) + shift * width) * size[1]), int(y * size[0])) for y in heights]
        cv2.polylines(image, [np.array(line, np.int32)], False, float(grey), max(1, int(wide * width * size[1])))
    for y in np.arange(-0.05, 1.05, step):
        box = cv2.boxPoints(
            ((column(y) * size[1], y * size[0]), (1.5 * width * size[1], 0.75 * step * size[0]), lean * 57)
        )
        cv2.fillPoly(image, [box.astype(np.int32)], float(vertebra))
        middle = (int(column(y + step / 2) * size[1]), int((y + step / 2) * size[0]))
        cv2.ellipse(
            image, middle, (int(0.7 * width * size[1]), max(1, int(0.1 * step * size[0]))), 0, 0, 360, float(disc), -1
        )
    return _scanned(rng, image)


def draw_trunk(rng: Rng) -> np.ndarray:
    """Chest, belly, pelvis or breasts across or from the front (MR): organs of many greys inside a rim of fat."""
    size = random_size(rng)
    image = np.zeros(size, np.float32)
    reach = (rng.uniform(0.36, 0.49), rng.uniform(0.25, 0.49))
    image[blob(rng, size, (0.5, 0.5), reach)] = rng.uniform(0.5, 1)
    rim = rng.uniform(0.75, 0.95)
    inner = blob(rng, size, (0.5, 0.5), (reach[0] * rim, reach[1] * rim))
    image[inner] = rng.uniform(0.1, 0.5)
    for _ in range(rng.integers(5, 30)):
        place = 0.5 + (rng.uniform(0, 1, 2) - 0.5) * 1.5 * np.array(reach)
        organ = blob(rng, size, (place[0], place[1]), (rng.uniform(0.02, 0.15), rng.uniform(0.02, 0.15)))
        image[organ & inner] = rng.uniform(0, 0.9)
    return _scanned(rng, image)


def _scanned(rng: Rng, image: np.ndarray) -> np.ndarray:
    """Texture, a coil's shading, blur and noise."""
    size = (image.shape[0], image.shape[1])
    shaded = image * np.exp(0.2 * smooth_noise(rng, size, 2)) * (1 + 0.06 * smooth_noise(rng, size, 40))
    return finished(rng, shaded, 1.2, 0.05)
