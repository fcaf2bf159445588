"""Charts with axes, and codes to scan."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from models.training.gate.made_up.canvas import Rng, random_size
from models.training.gate.made_up.documents import random_font, words


def draw_chart(rng: Rng) -> np.ndarray:
    """Bars, lines, points, a histogram, a pie or a matrix, with axes, ticks and labels."""
    height, width = random_size(rng, 160, 320)
    ground, ink = (255, 0) if rng.random() < 0.8 else (0, 255)
    picture = Image.new("L", (width, height), ground)
    pen = ImageDraw.Draw(picture)
    left, bottom = int(width * rng.uniform(0.08, 0.2)), int(height * rng.uniform(0.8, 0.92))
    right, top = int(width * rng.uniform(0.85, 0.98)), int(height * rng.uniform(0.03, 0.15))
    area = (left, top, right, bottom)
    (_bars, _lines, _points, _pie, _matrix)[rng.integers(5)](rng, pen, area)
    pen.rectangle(area, outline=ink) if rng.random() < 0.5 else pen.line((left, top, left, bottom, right, bottom), ink)
    font = random_font(rng, 7, 13)
    for share in np.linspace(0, 1, int(rng.integers(3, 8))):
        x, y = left + share * (right - left), bottom - share * (bottom - top)
        pen.text((x, bottom + 2), str(rng.integers(1000)), ink, font)
        pen.text((1, y - 5), str(rng.integers(100)), ink, font)
    pen.text((left + 10, 1), words(rng, 3), ink, random_font(rng, 8, 16))
    return np.asarray(picture)


Area = tuple[int, int, int, int]


def _bars(rng: Rng, pen: ImageDraw.ImageDraw, area: Area) -> None:
    left, top, right, bottom = area
    count = int(rng.integers(2, 40))
    step = (right - left) / count
    for i, share in enumerate(rng.uniform(0.05, 1, count)):
        x = left + i * step
        pen.rectangle(
            (x + 1, bottom - share * (bottom - top), max(x + 0.8 * step, x + 1), bottom), int(rng.integers(60, 200))
        )


def _lines(rng: Rng, pen: ImageDraw.ImageDraw, area: Area) -> None:
    left, top, right, bottom = area
    for _ in range(rng.integers(1, 6)):
        walk = np.cumsum(rng.normal(0, 1, int(rng.integers(4, 120))))
        walk = (walk - walk.min()) / max(float(np.ptp(walk)), 1e-6)
        xs = np.linspace(left, right, len(walk))
        pen.line(
            list(zip(xs, bottom - walk * (bottom - top), strict=True)),
            int(rng.integers(40, 200)),
            int(rng.integers(1, 4)),
        )


def _points(rng: Rng, pen: ImageDraw.ImageDraw, area: Area) -> None:
    left, top, right, bottom = area
    for _ in range(rng.integers(1, 4)):
        middle, spread, grey = rng.uniform(0.2, 0.8, 2), rng.uniform(0.02, 0.2, 2), int(rng.integers(40, 200))
        for x, y in np.clip(rng.normal(middle, spread, (int(rng.integers(10, 150)), 2)), 0, 1):
            x, y, r = left + x * (right - left), bottom - y * (bottom - top), rng.uniform(1, 3)
            pen.ellipse((x - r, y - r, x + r, y + r), grey)


def _pie(rng: Rng, pen: ImageDraw.ImageDraw, area: Area) -> None:
    left, top, right, bottom = area
    side = min(right - left, bottom - top)
    angle = 0.0
    for share in rng.dirichlet(np.ones(int(rng.integers(2, 8)))):
        pen.pieslice((left, top, left + side, top + side), angle, angle + 360 * share, int(rng.integers(50, 230)), 0)
        angle += 360 * share


def _matrix(rng: Rng, pen: ImageDraw.ImageDraw, area: Area) -> None:
    left, top, right, bottom = area
    values = rng.integers(0, 256, rng.integers(2, 14, 2))
    wide, high = (right - left) / values.shape[1], (bottom - top) / values.shape[0]
    for (row, column), grey in np.ndenumerate(values):
        x, y = left + column * wide, top + row * high
        pen.rectangle((x, y, x + wide, y + high), int(grey))


def draw_code(rng: Rng) -> np.ndarray:
    """A square of random modules with finder marks as in QR codes, or bars as on a parcel."""
    side = int(rng.integers(21, 60))
    if rng.random() < 0.5:
        modules = np.repeat(rng.integers(0, 2, (1, 2 * side)), side, axis=0)
    else:
        modules = rng.integers(0, 2, (side, side))
        for y, x in ((0, 0), (0, side - 7), (side - 7, 0)):
            modules[y : y + 7, x : x + 7] = 0
            modules[y + 1 : y + 6, x + 1 : x + 6] = 1
            modules[y + 2 : y + 5, x + 2 : x + 5] = 0
    framed = np.pad(modules, int(rng.integers(0, 12)), constant_values=1)
    return cv2.resize((framed * 255).astype(np.uint8), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
