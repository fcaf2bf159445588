"""From a scan as stored to what the network receives, in five steps that a person can look at.

raw -> cropped (the head, square, one size) -> denoised -> enhanced (local contrast) -> normalised. Cropping comes
first so that the later steps see the head at one scale, whatever the scanner's matrix. Training and inference run
this same code; training may leave a step out at random, so that the network knows the scan without it too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.geometry import Box, Frame, oriented
from models.reading import Scan

FOREGROUND = 0.08  # of full brightness: darker is air, measured on the training scans
CLIP_SIGMAS = 4.0


@dataclass(frozen=True)
class Recipe:
    """Which steps run and how strongly; part of a model's configuration and of its release."""

    size: int = 256
    margin: float = 0.04
    crop: bool = True
    denoise: bool = True
    enhance: bool = True
    normalise: bool = True
    denoise_sigma: float = 0.06
    enhance_clip: float = 2.0
    enhance_tiles: int = 4

    def without(self, step: str) -> Recipe:
        """This recipe with one step left out; for the ablation and for training."""
        return replace(self, **{step: False})


@dataclass(frozen=True)
class Steps:
    """Each step's picture, float32 (size, size) in 0..1, and the network's input, float32 of about -2..2."""

    cropped: np.ndarray
    denoised: np.ndarray
    enhanced: np.ndarray
    network_input: np.ndarray

    @property
    def normalised(self) -> np.ndarray:
        """The network's input brought to 0..1 for the eye."""
        low, high = self.network_input.min(), self.network_input.max()
        return np.asarray((self.network_input - low) / max(float(high - low), 1e-6))


@dataclass(frozen=True, eq=False)
class Prepared:
    """A scan made ready: its steps, where they lie in it, and the head's box in displayed pixels."""

    scan: Scan
    frame: Frame
    head: Box
    steps: Steps


def prepare(scan: Scan, recipe: Recipe) -> Prepared:
    """All steps for one scan."""
    frame, head = head_frame(oriented(scan.pixels, scan.orientation), scan.orientation, recipe, recipe.size)
    return Prepared(scan, frame, head, enhance_steps(frame.warp(scan.pixels), recipe))


def head_box(upright: np.ndarray) -> Box:
    """The bounding box (x0, y0, x1, y1) of the head in a displayed image, float32 (height, width) in 0..1.

    Where no head stands out from the air, the whole image is the head.
    """
    height, width = upright.shape
    scale = min(1.0, 256 / max(height, width))
    small = cv2.resize(upright, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else upright
    bright = (cv2.GaussianBlur(small, (5, 5), 0) > FOREGROUND).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(bright)
    if len(stats) < 2:
        return 0, 0, width, height
    x, y, w, h, area = stats[1:][np.argmax(stats[1:, cv2.CC_STAT_AREA])]
    if area < 0.1 * small.size:  # specks, not a head
        return 0, 0, width, height
    return round(x / scale), round(y / scale), round((x + w) / scale), round((y + h) / scale)


def head_frame(upright: np.ndarray, orientation: int, recipe: Recipe, size: int) -> tuple[Frame, Box]:
    """The square around the head with the recipe's margin, (size, size), and the head's own box.

    The square may reach beyond the image. Without the crop step it holds the whole image.
    """
    height, width = upright.shape
    head = head_box(upright)
    x0, y0, x1, y1 = head if recipe.crop else (0, 0, width, height)
    side = round(max(x1 - x0, y1 - y0) * (1 + 2 * recipe.margin * recipe.crop))
    left, top = (x0 + x1 - side) // 2, (y0 + y1 - side) // 2
    stored_size = (width, height) if orientation < 5 else (height, width)
    return Frame(stored_size, orientation, (left, top, left + side, top + side), (size, size)), head


def enhance_steps(cropped: np.ndarray, recipe: Recipe) -> Steps:
    """Denoise, enhance and normalise a cropped square, float32 (size, size) in 0..1."""
    denoised = denoise(cropped, recipe.denoise_sigma) if recipe.denoise else cropped
    enhanced = enhance(denoised, recipe.enhance_clip, recipe.enhance_tiles) if recipe.enhance else denoised
    network_input = normalise(enhanced) if recipe.normalise else enhanced * 2 - 1
    return Steps(cropped, denoised, enhanced, network_input)


def denoise(image: np.ndarray, sigma: float) -> np.ndarray:
    """Bilateral filter (Tomasi and Manduchi 1998): smooths noise below `sigma`, keeps edges above it."""
    return cv2.bilateralFilter(image, d=5, sigmaColor=sigma, sigmaSpace=1.2)


def enhance(image: np.ndarray, clip: float, tiles: int) -> np.ndarray:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994) on 16 bit."""
    clahe = cv2.createCLAHE(clip, (tiles, tiles))
    deep = (np.clip(image, 0, 1) * 65535).astype(np.uint16)
    return np.asarray(clahe.apply(deep), np.float32) / 65535


def normalise(image: np.ndarray) -> np.ndarray:
    """Zero mean and unit deviation over the head, clipped and halved to about -2..2."""
    mean, deviation = head_tone(image)
    scaled = (image - mean) / deviation
    return np.asarray(np.clip(scaled, -CLIP_SIGMAS, CLIP_SIGMAS), np.float32) / 2


def head_tone(image: np.ndarray) -> tuple[float, float]:
    """Mean and deviation, at least 0.001, of the head's grey values; of all where no head stands out from the air."""
    head = image[image > FOREGROUND]
    if head.size < 16:
        head = image.ravel()
    return float(head.mean()), max(float(head.std()), 1e-3)
