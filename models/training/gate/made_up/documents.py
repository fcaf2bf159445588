"""Text pages in many fonts and sizes, and windows of programs."""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.training.gate.made_up.canvas import Rng, random_size

_SYLLABLES = (
    "an",
    "be",
    "con",
    "de",
    "er",
    "fa",
    "gen",
    "hi",
    "in",
    "ka",
    "lo",
    "mu",
    "ne",
    "or",
    "pa",
    "ri",
    "st",
    "te",
)


@functools.cache
def _font(number: int, size: int) -> ImageFont.FreeTypeFont:
    """One of the fonts that Matplotlib carries (DejaVu, STIX, Computer Modern)."""
    files = sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("*.ttf"))
    return ImageFont.truetype(str(files[number % len(files)]), size)


def random_font(rng: Rng, least: int = 6, most: int = 30) -> ImageFont.FreeTypeFont:
    """Any font at any size in pixels."""
    return _font(int(rng.integers(100)), int(rng.integers(least, most)))


def words(rng: Rng, count: int) -> str:
    """Words that mean nothing, with digits among them."""
    made = ["".join(rng.choice(_SYLLABLES, rng.integers(1, 5))) for _ in range(count)]
    return " ".join(w if rng.random() > 0.1 else str(rng.integers(10**4)) for w in made)


def draw_page(rng: Rng) -> np.ndarray:
    """Lines of text in one or two columns, headings, rules; black on white or the other way round."""
    height, width = random_size(rng, 160, 320)
    page = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(page)
    font = random_font(rng)
    columns, margin, y = int(rng.integers(1, 3)), int(rng.integers(2, 30)), int(rng.integers(2, 30))
    step = int(font.size * rng.uniform(1.05, 1.8))
    while y < height - margin:
        for column in range(columns):
            if rng.random() < 0.92:
                text = words(rng, int(rng.integers(1, 1 + max(2, width // columns // (2 * step)))))
                pen.text((margin + column * width // columns, y), text, int(rng.integers(0, 90)), font)
        if rng.random() < 0.04:
            pen.line((margin, y, width - margin, y), 0)
        y += step
    return _either_way(rng, np.asarray(page))


def draw_window(rng: Rng) -> np.ndarray:
    """A program's window: bars, buttons, fields and lists with labels."""
    height, width = random_size(rng, 160, 320)
    screen = Image.new("L", (width, height), int(rng.integers(180, 256)))
    pen = ImageDraw.Draw(screen)
    for _ in range(rng.integers(4, 22)):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = int(rng.integers(10, width)), int(rng.integers(6, 60))
        pen.rectangle((x, y, x + w, y + h), int(rng.integers(60, 256)), int(rng.integers(0, 200)))
        pen.text((x + 3, y + 2), words(rng, int(rng.integers(1, 4))), int(rng.integers(0, 80)), random_font(rng, 7, 15))
    pen.rectangle((0, 0, width, int(rng.integers(8, 24))), int(rng.integers(0, 200)))
    return _either_way(rng, np.asarray(screen))


def _either_way(rng: Rng, page: np.ndarray) -> np.ndarray:
    """Inverted one time in four; as a photographed or scanned page is shaded now and then."""
    page = 255 - page if rng.random() < 0.25 else page
    if rng.random() < 0.3:
        shade = cv2.resize(rng.uniform(0.5, 1, (2, 2)).astype(np.float32), page.shape[::-1])
        page = (page * shade).astype(np.uint8)
    return page
