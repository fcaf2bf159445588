"""From stored values to grey in 0..1."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import ScanRejectedError

STRETCH_PERCENTILES = (0.1, 99.9)
"""Values of 16 bits and more are stretched between these: a dozen hot pixels must not darken the whole image,
and a small bright lesion (0.1 % of a 512 x 512 slice is a disc of 18 pixels) must not saturate."""

_SAMPLES = 500_000
_TINT_SAMPLES = 65_536
_TINT_TOLERANCE = 0.06


BLANK = "The image is blank: all its pixels have the same value."


def unit_range(values: NDArray[np.uint8]) -> NDArray[np.float32]:
    """8-bit grey (h, w) as value / 255; raises ScanRejectedError for a blank image."""
    if values.min() == values.max():
        raise ScanRejectedError(BLANK)
    return values.astype(np.float32) * np.float32(1 / 255)


def stretch(values: NDArray[np.generic], ignored: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """Map `STRETCH_PERCENTILES` of the finite values (h, w) to 0..1 and clip; `ignored` pixels become black.

    Raises ScanRejectedError where there is nothing to stretch.
    """
    pixels = values.astype(np.float32)
    usable = np.isfinite(pixels)
    if ignored is not None:
        usable &= ~ignored
    counted = pixels if usable.all() else pixels[usable]
    low, high = _range(counted)
    if high <= low:
        raise ScanRejectedError(BLANK)
    pixels -= low
    pixels *= 1 / (high - low)
    np.nan_to_num(pixels, copy=False, nan=0.0)
    np.clip(pixels, 0, 1, out=pixels)
    if ignored is not None:
        pixels[ignored] = 0
    return pixels


def _range(values: NDArray[np.float32]) -> tuple[float, float]:
    """The stretch limits, or the extremes where almost all values are equal."""
    if values.size == 0:
        raise ScanRejectedError("The image holds no finite pixel value.")
    flat = values.reshape(-1)
    low, high = np.percentile(flat[:: max(1, flat.size // _SAMPLES)], STRETCH_PERCENTILES)
    return (float(low), float(high)) if high > low else (float(flat.min()), float(flat.max()))


def grey_of(colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma (h, w) of an RGB image (h, w, 3)."""
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8)


def colourfulness_of(colour: NDArray[np.uint8]) -> float:
    """Share of pixels of an RGB image (h, w, 3) whose colour no single tint explains.

    A grey image scores 0, and so does a blue-toned film scan: its colours lie on one line. A photograph does not.
    """
    step = max(1, int(np.sqrt(colour.shape[0] * colour.shape[1] / _TINT_SAMPLES)))
    sample = colour[::step, ::step].reshape(-1, 3).astype(np.float32) / 255
    sample -= sample.mean(axis=0)
    axis = np.linalg.eigh(sample.T @ sample)[1][:, -1]
    off_axis = sample - np.outer(sample @ axis, axis)
    return float(np.mean(np.linalg.norm(off_axis, axis=1) > _TINT_TOLERANCE))
