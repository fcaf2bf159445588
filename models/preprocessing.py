"""From a scan as stored to what the network receives, in five steps that a person can look at.

raw -> cropped (the subject, be it head, breast or lungs, at one size) -> denoised -> enhanced (local contrast) ->
normalised. Cropping comes first so that the later steps see the subject at one scale, whatever the scanner's matrix.
Training and inference run this same code; training may leave a step out at random, so that the network knows the scan
without it too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from models.geometry import Frame, inverse_orientation, oriented
from models.reading import Scan
from models.subjects import FINDERS, Subject
from models.subjects.head import FOREGROUND

CLIP_SIGMAS = 4.0
LEAST_DEVIATION = 0.02  # of surroundings: noise of even ones stays faint


@dataclass(frozen=True)
class Recipe:
    """Which steps run and how strongly; part of a model's configuration and of its release.

    subject: what the image is cropped to, one of `subjects.FINDERS`. size: height of the network's input; its width is
    `width`, or the same where that is 0. enhance_local: where not 0, contrast is enhanced by `local_contrast` over so
    large a share of the height, and not by `equalise` with `enhance_clip` and `enhance_tiles`.
    """

    size: int = 256
    margin: float = 0.04
    crop: bool = True
    denoise: bool = True
    enhance: bool = True
    normalise: bool = True
    denoise_sigma: float = 0.06
    enhance_clip: float = 2.0
    enhance_tiles: int = 4
    enhance_local: float = 0.0
    subject: str = "head"
    width: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the network's input."""
        return self.size, self.width or self.size

    def without(self, step: str) -> Recipe:
        """This recipe with one step left out; for the ablation and for training."""
        changed: dict[str, Any] = {step: False}
        return replace(self, **changed)


@dataclass(frozen=True)
class Steps:
    """Each step's picture, float32 (height, width) in 0..1, and the network's input, about -2..2, not yet mirrored."""

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
    """A scan made ready: its steps, where they lie in it, and what it shows."""

    scan: Scan
    frame: Frame
    subject: Subject
    steps: Steps

    @property
    def network_input(self) -> np.ndarray:
        """float32 (height, width), mirrored where the subject has to be."""
        made = self.steps.network_input
        return np.ascontiguousarray(made[:, ::-1]) if self.subject.mirrored else made


def prepare(scan: Scan, recipe: Recipe) -> Prepared:
    """All steps for one scan."""
    size = (recipe.shape[1], recipe.shape[0])
    upright = oriented(scan.pixels, scan.orientation)
    aspect = scan.aspect if scan.orientation < 5 else 1 / scan.aspect
    frame, subject = subject_frame(upright, scan.orientation, recipe, size, aspect)
    return Prepared(scan, frame, subject, enhance_steps(crop(scan.pixels, frame, subject), recipe))


def subject_frame(
    upright: np.ndarray, orientation: int, recipe: Recipe, size: tuple[int, int], aspect: float = 1.0
) -> tuple[Frame, Subject]:
    """The frame around the subject with the recipe's margin, resized to `size` (width, height), and the subject itself.

    It has the proportions of `size` and may reach beyond the image. Without the crop step it holds the whole image.
    aspect: a displayed pixel's height over its width; the network sees the subject in its true proportions.
    """
    subject = FINDERS[recipe.subject](upright)
    height, width = upright.shape
    x0, y0, x1, y1 = subject.box if recipe.crop else (0, 0, width, height)
    across, down = size[0] / size[1], size[1] / size[0]
    tall = round(max(y1 - y0, (x1 - x0) * down / aspect) * (1 + 2 * recipe.margin * recipe.crop))
    wide = round(tall * aspect * across)
    left, top = (x0 + x1 - wide) // 2, (y0 + y1 - tall) // 2
    stored_size = (width, height) if orientation < 5 else (height, width)
    return Frame(stored_size, orientation, (left, top, left + wide, top + tall), size), subject


def crop(pixels: np.ndarray, frame: Frame, subject: Subject) -> np.ndarray:
    """The subject's part of a stored image as float32 (height, width) of the frame, without what is not its tissue; a
    negative as it should have been.
    """
    if subject.inverted:
        pixels = 1 - pixels
    if subject.tissue is not None:
        pixels = np.where(oriented(subject.tissue, inverse_orientation(frame.orientation)), pixels, np.float32(0))
    return frame.warp(pixels)


def enhance_steps(cropped: np.ndarray, recipe: Recipe) -> Steps:
    """Denoise, enhance and normalise a cropped image, float32 (height, width) in 0..1."""
    denoised = denoise(cropped, recipe.denoise_sigma) if recipe.denoise else cropped
    enhanced = enhance(denoised, recipe) if recipe.enhance else denoised
    network_input = normalise(enhanced) if recipe.normalise else enhanced * 2 - 1
    return Steps(cropped, denoised, enhanced, network_input)


def denoise(image: np.ndarray, sigma: float) -> np.ndarray:
    """Bilateral filter (Tomasi and Manduchi 1998): smooths noise below `sigma`, keeps edges above it."""
    return cv2.bilateralFilter(image, d=5, sigmaColor=sigma, sigmaSpace=1.2)


def enhance(image: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Local contrast, in the recipe's way; float32 in 0..1."""
    if recipe.enhance_local:
        return local_contrast(image, recipe.enhance_local * len(image))
    return equalise(image, recipe.enhance_clip, recipe.enhance_tiles)


def equalise(image: np.ndarray, clip: float, tiles: int) -> np.ndarray:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994) on 16 bit."""
    clahe = cv2.createCLAHE(clip, (tiles, tiles))
    deep = (np.clip(image, 0, 1) * 65535).astype(np.uint16)
    return np.asarray(clahe.apply(deep), np.float32) / 65535


def local_contrast(image: np.ndarray, sigma: float) -> np.ndarray:
    """How far each pixel stands out from its surroundings, in their deviations: -3 to 3 become 0 to 1.

    Surroundings are weighted by a Gaussian of `sigma` pixels. A faint spot shows alike in lung and heart.
    """
    above = image - cv2.GaussianBlur(image, (0, 0), sigma)
    deviation = np.sqrt(cv2.GaussianBlur(above * above, (0, 0), sigma))
    return np.asarray(np.clip(0.5 + above / (deviation + LEAST_DEVIATION) / 6, 0, 1), np.float32)


def normalise(image: np.ndarray) -> np.ndarray:
    """Zero mean and unit deviation over the subject, clipped and halved to about -2..2."""
    mean, deviation = subject_tone(image)
    scaled = (image - mean) / deviation
    return np.asarray(np.clip(scaled, -CLIP_SIGMAS, CLIP_SIGMAS), np.float32) / 2


def subject_tone(image: np.ndarray) -> tuple[float, float]:
    """Mean and deviation, at least 0.001, of the subject's grey values; of all where none stands out from the air."""
    bright = image[image > FOREGROUND]
    if bright.size < 16:
        bright = image.ravel()
    return float(bright.mean()), max(float(bright.std()), 1e-3)
