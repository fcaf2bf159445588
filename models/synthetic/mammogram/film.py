"""From attenuation to a digitised film: tone, grain, and what lies beside the breast."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.fields import Field


def exposed(rng: np.random.Generator, attenuation: Field) -> Field:
    """Grey 0..1 (h, w): the film's toe and shoulder, its grain, and a faint base."""
    square = np.square(np.maximum(attenuation * np.float32(rng.uniform(0.9, 1.12)), 0))
    grey = square / (square + 1)
    grain = np.frombuffer(rng.bytes(grey.size), np.uint8).reshape(grey.shape)  # even noise: the blur rounds it off
    grey *= np.float32(rng.uniform(0.94, 1.02)) + (grain - np.float32(127.5)) * np.float32(rng.uniform(5e-5, 1.5e-4))
    base = float(rng.choice((0, 0.01, 0.02)))
    return np.asarray(np.clip(cv2.GaussianBlur(grey, (3, 3), 0.5), base, 1), np.float32)


def add_labels(rng: np.random.Generator, grey: Field, skin: Field, side: str) -> None:
    """A strip, plate or letters that some films carry, away from the breast; changes `grey` (h, w).

    skin: x of the skin by row, in heights; side: the letter on the label.
    """
    height, width = grey.shape
    if rng.random() < 0.2:
        _add_strip(rng, grey, int(skin.max() * height))
        return
    free = int(skin[: height // 5].max() * height) + height // 40
    plate = (_plate if rng.random() < 0.5 else _letters)(rng, height, side)
    room = width - free - plate.shape[1]
    if rng.random() < 0.75 and room > 0:
        left, top = free + int(rng.integers(0, room)), int(rng.integers(0, height // 12))
        spot = grey[top : top + plate.shape[0], left : left + plate.shape[1]]
        np.maximum(spot, plate, out=spot)


def _add_strip(rng: np.random.Generator, grey: Field, free: int) -> None:
    """The white border of the film, along the side without breast."""
    height, width = grey.shape
    room = width - free - 4
    if room > 4:
        first = width - int(rng.integers(2, min(room, height // 12) + 1))
        tilt = rng.integers(-3, 4)
        corners = np.array([(first, 0), (width, 0), (width, height), (first + tilt, height)], np.int32)
        cv2.fillConvexPoly(grey, corners, float(rng.uniform(0.8, 1)))


def _plate(rng: np.random.Generator, height: int, side: str) -> Field:
    """A bright plate with dark letters, often seen from behind."""
    size = int(height * rng.uniform(0.08, 0.13)), int(height * rng.uniform(0.05, 0.08))
    plate = np.full(size, 245, np.uint8)
    _write(plate, side, 20, height)
    return _seen(rng, plate)


def _letters(rng: np.random.Generator, height: int, side: str) -> Field:
    """Dim letters on the bare film."""
    letters = np.zeros((height // 10, height // 12), np.uint8)
    _write(letters, side, int(rng.integers(60, 180)), height)
    return _seen(rng, letters)


def _write(plate: NDArray[np.uint8], side: str, grey: int, height: int) -> None:
    for row, text in enumerate((side, "MLO")):
        origin = (plate.shape[1] // 8, int(plate.shape[0] * (0.4 + 0.4 * row)))
        cv2.putText(plate, text, origin, cv2.FONT_HERSHEY_SIMPLEX, height / 1400, grey, 2, cv2.LINE_AA)


def _seen(rng: np.random.Generator, plate: NDArray[np.uint8]) -> Field:
    mirrored = plate[:, ::-1] if rng.random() < 0.7 else plate
    return np.ascontiguousarray(mirrored).astype(np.float32) / np.float32(255)
