"""Bones of the chest as lengths of dense bone that a ray passes, mm: ribs, clavicles, spine, shoulder blades."""

from __future__ import annotations

import cv2
import numpy as np

from models.synthetic.chest.body import Chest, chord
from models.synthetic.fields import Field, fractal, noise_over, step


def bones(rng: np.random.Generator, chest: Chest) -> Field:
    """All bones (h, w)."""
    total = _ribs(rng, chest) + _wall(rng, chest) + _clavicles(rng, chest) + _spine(rng, chest)
    return total + _shoulders(rng, chest)


def _ribs(rng: np.random.Generator, chest: Chest) -> Field:
    """The back parts of the ribs, which fall off to the sides, and the fainter front parts, which rise to them."""
    pitch, thick = rng.uniform(19, 24), rng.uniform(0.5, 0.62)
    out = np.asarray(np.abs(chest.x) / np.maximum(chest.cage, np.float32(1)), np.float32)
    start = np.float32(rng.uniform(0, pitch)) - np.float32(chest.apex)
    bend = np.float32(2) * noise_over(rng, chest.air.shape, (90, 90))
    back = chest.y + start + bend + np.float32(14) * np.sin(np.float32(2.4) * out) - np.float32(48) * out * out * out
    front = np.asarray(chest.y + start - np.float32(rng.uniform(50, 75)) * (1 - out), np.float32)
    inner = step(-out, -1.02, 0.05)
    behind = _bands(back / np.float32(pitch), thick) * step(np.abs(chest.x), 22, 20)
    before = _bands(front / np.float32(pitch * 1.12), thick * 1.1) * step(out, 0.5, 0.4)
    strength = np.float32(rng.uniform(0.5, 1.1))
    shown = step(chest.y, chest.apex + 8, 25) * step(-chest.y, -(max(chest.dome) + 45), 40)
    return strength * inner * shown * (np.float32(5) * behind + np.float32(3) * before)


def _bands(phase: Field, thick: float) -> Field:
    """Bands, one a unit of phase, `thick` of it wide, brightest at their rims."""
    off = np.abs(phase - np.round(phase)) * np.float32(2 / thick)
    rim = np.exp(-np.square((off - np.float32(0.75)) / np.float32(0.25)))
    return np.asarray(step(-off, -0.95, 0.3) * (np.float32(0.8) + np.float32(0.25) * rim), np.float32)


def _wall(rng: np.random.Generator, chest: Chest) -> Field:
    """Ribs seen along the side of the cage, where a ray passes the most of them."""
    thick = np.float32(rng.uniform(8, 13))
    outer = chord(chest.x, chest.cage + thick, chest.depth + float(thick))
    shell = outer - chord(chest.x, chest.cage, chest.depth)
    share = np.float32(rng.uniform(0.3, 0.5)) * step(chest.y, chest.apex + 50, 90)
    return share * (shell - np.float32(2) * thick) * step(-chest.y, -(max(chest.dome) + 60), 90)


def _clavicles(rng: np.random.Generator, chest: Chest) -> Field:
    """Two gently bent rods, from the breastbone to the shoulders, above or across the tops of the lungs."""
    aside, rise = np.abs(chest.x), np.float32(rng.uniform(0, 0.45))
    tilt = np.float32(rng.normal(0, 0.05)) * chest.x
    middle = np.float32(chest.apex + rng.uniform(0, 32)) - rise * (aside - 25) + tilt
    middle = middle + np.float32(5) * np.sin(aside / np.float32(24))
    off = np.abs(chest.y - middle) / np.float32(rng.uniform(5, 7))
    body = step(-off, -1, 0.35) * (np.float32(0.6) + np.float32(0.6) * np.square(np.minimum(off, 1)))
    reach = step(aside, 18, 8) * step(-aside, -rng.uniform(115, 140), 10)
    return np.asarray(np.float32(rng.uniform(5, 11)) * body * reach, np.float32)


def _spine(rng: np.random.Generator, chest: Chest) -> Field:
    """Vertebrae and discs, their processes, and the breastbone before them."""
    curve = np.float32(rng.normal(0, 6)) * np.sin(chest.y / np.float32(rng.uniform(50, 90)))
    off, pitch = np.abs(chest.x - curve), np.float32(rng.uniform(21, 26))
    phase = chest.y / pitch + np.float32(rng.random())
    body = step(-off, -rng.uniform(15, 19), 5)
    rims = np.square(2 * np.abs(phase - np.round(phase)))
    process = step(-off, -4, 4) * step(np.cos(np.float32(2 * np.pi) * phase), 0.1, 0.8)
    uneven = 1 + np.float32(0.15) * fractal(rng, chest.air.shape, 40, 4, 0.7)
    bone = body * (np.float32(16) + np.float32(8) * rims) + np.float32(6) * process
    return np.asarray(np.float32(rng.uniform(0.9, 1.5)) * bone * uneven, np.float32)


def _shoulders(rng: np.random.Generator, chest: Chest) -> Field:
    """Shoulder blades, and the heads of the arms where the image reaches that far up."""
    height, width = chest.air.shape
    canvas = np.zeros((height, width), np.uint8)
    half, middle = float(chest.cage.max()), width / 2
    for side in (-1, 1):
        blade = np.array(((8, -20), (38, -8), (28, 25), (2, rng.uniform(70, 120)), (-22, 20)))
        blade = (blade + rng.normal(0, 5, blade.shape) + (half, chest.apex + 10)) * (side, 1)
        points = ((blade / chest.spacing_mm + (middle, 0)) * 16).astype(np.int32)
        cv2.fillPoly(canvas, [points], 70, cv2.LINE_AA, 4)
        cv2.polylines(canvas, [points], True, 190, max(1, round(3 / chest.spacing_mm)), cv2.LINE_AA, 4)
        head = (side * (half + rng.uniform(38, 55)), chest.apex + rng.uniform(-35, 5))
        centre = int((head[0] / chest.spacing_mm + middle) * 16), int(head[1] / chest.spacing_mm * 16)
        cv2.circle(canvas, centre, int(22 / chest.spacing_mm * 16), 170, cv2.FILLED, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 2.5 / chest.spacing_mm) * np.float32(20 / 255), np.float32)
