"""Made-up pictures of two classes that a small network tells apart: discs and bars."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

SHAPES = ("benign", "malignant")  # discs are benign, bars malignant
Drawer = Callable[..., Path]


def draw(label: str, rng: np.random.Generator) -> np.ndarray:
    """One grey picture of 40 x 40 pixels."""
    picture = rng.integers(20, 60, (40, 40), np.uint8)
    x, y = (int(v) for v in rng.integers(14, 26, 2))
    if label == "benign":
        cv2.circle(picture, (x, y), int(rng.integers(7, 11)), 200, -1)
    else:
        cv2.rectangle(picture, (x - 2, 2), (x + 2, 37), 200, -1)
    return picture


@pytest.fixture(scope="session")
def draw_folder() -> Drawer:
    """Fill a folder with `count` pictures a class, two of each group; groups.csv if `grouped`."""

    def make(folder: Path, count: int = 20, grouped: bool = True, seed: int = 3) -> Path:
        rng, rows = np.random.default_rng(seed), []
        for label in SHAPES:
            (folder / label).mkdir(parents=True)
            for number in range(count):
                name = f"{label}/{number:02d}.png"
                cv2.imwrite(str(folder / name), draw(label, rng))
                rows.append((name, f"{label}-{number // 2}"))
        if grouped:
            with (folder / "groups.csv").open("w", newline="") as file:
                csv.writer(file).writerows([("file", "group"), *rows])
        return folder

    return make
