"""A synthetic scan and what is known of it, with the word SYNTHETIC burnt in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.geometry import Box
from models.report import Kind
from models.synthetic.fields import Field

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
Side: TypeAlias = Literal["", "L", "R"]
SHARE_OF_HEALTHY = 0.25
_MARK, _MARK_GREY = "SYNTHETIC", 140


@dataclass(frozen=True, eq=False)
class SyntheticLesion:
    """A lesion as drawn: mask (h, w) and its box in stored pixels."""

    label: str
    mask: NDArray[np.bool_]
    box: Box


@dataclass(frozen=True, eq=False)
class SyntheticScan:
    """An image (h, w), uint8 or uint16, with all lesions in it and the (row, column) spacing that it stands for.

    view: weighting or projection, e.g. "t1", "MLO"; side: which breast, L or R.
    """

    pixels: Pixels
    lesions: tuple[SyntheticLesion, ...]
    spacing_mm: tuple[float, float]
    kind: Kind
    view: str
    side: Side = ""


def lesion_of(label: str, region: NDArray[np.bool_]) -> SyntheticLesion:
    """The largest part of a region (h, w), which must not be empty."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8))
    largest = 1 + int(stats[1:count, cv2.CC_STAT_AREA].argmax())
    x, y, width, height = (int(value) for value in stats[largest, :4])
    return SyntheticLesion(label, np.asarray(parts == largest), (x, y, x + width, y + height))


def stored(image: Field, bits: int, peak: int, on_tissue: bool = False) -> Pixels:
    """Pixels of an image in 0..1, 8 or 16 bits, marked so that nobody takes them for a patient's.

    peak: the brightest value of 16 bits; on_tissue: the mark may lie on tissue, which is
    blackened there.
    """
    image = _marked(image, on_tissue)
    if bits == 8:
        return (image * 255 + 0.5).astype(np.uint8)
    return (image * peak + 0.5).astype(np.uint16)


def _marked(image: Field, on_tissue: bool) -> Field:
    (height, width), mark = image.shape, np.zeros(image.shape, np.uint8)
    font, scale, margin = cv2.FONT_HERSHEY_SIMPLEX, max(0.3, height / 1200), height // 64
    (length, _), _ = cv2.getTextSize(_MARK, font, scale, 1)
    # Lower right: the rendered pictures carry their own line in the lower left corner.
    origin = (width - length - margin, height - margin)
    if on_tissue:
        image[origin[1] - 2 * margin :, origin[0] - margin :] = 0
    cv2.putText(mark, _MARK, origin, font, scale, _MARK_GREY, 1, cv2.LINE_AA)
    return np.asarray(np.maximum(image, mark.astype(np.float32) / 255), np.float32)
