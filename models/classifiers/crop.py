"""Which pixels a classifier of regions looks at. Cutting for training and for use are this same code."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.geometry import Box, Frame
from models.preprocessing import Prepared, crop, subject_tone
from models.reading import Scan

DARKEST, BRIGHTEST = -2.0, 4.0  # deviations from the subject's mean: black and white of a crop


@dataclass(frozen=True)
class CropRecipe:
    """A square of `size` x `size` grey pixels.

    surround: the square's side over the longer side of the region's box; None looks at the whole image, as stored.
    least: the side is at least this share of the subject's, so that a small region still shows where it lies.
    """

    size: int
    surround: float | None = None
    least: float = 0.0

    def cut(self, prepared: Prepared, box: Box) -> np.ndarray:
        """uint8 (size, size) of the region whose bounding box in displayed pixels is `box`.

        As the network sees it: without what is not tissue, and a negative as it should have been.
        """
        if self.surround is None:
            return whole_image(prepared.scan, self.size)
        frame = replace(prepared.frame, crop=self._square(prepared, box), size=(self.size, self.size))
        low, high = _tone(prepared)
        return _eight_bit((crop(prepared.scan.pixels, frame, prepared.subject) - low) / (high - low))

    def _square(self, prepared: Prepared, box: Box) -> Box:
        """Around the box's middle, which is brought inside the image where it lies in its padding."""
        x0, y0, x1, y1 = box
        left, top, right, bottom = prepared.subject.box
        subject = max(right - left, bottom - top)
        side = max(1, round(max((self.surround or 0) * max(x1 - x0, y1 - y0), self.least * subject)))
        width, height = prepared.frame.displayed_size
        x, y = min(max((x0 + x1) // 2, 0), width - 1), min(max((y0 + y1) // 2, 0), height - 1)
        return x - side // 2, y - side // 2, x - side // 2 + side, y - side // 2 + side


def whole_image(scan: Scan, size: int) -> np.ndarray:
    """The displayed image, padded to a square with black, as uint8 (size, size)."""
    height, width = scan.pixels.shape
    shown = (width, height) if scan.orientation < 5 else (height, width)
    side = max(shown)
    left, top = (shown[0] - side) // 2, (shown[1] - side) // 2
    frame = Frame((width, height), scan.orientation, (left, top, left + side, top + side), (size, size))
    return _eight_bit(frame.warp(scan.pixels))


def region_box(mask: np.ndarray, frame: Frame) -> Box:
    """The bounding box, in displayed pixels, of a region given as bool (h, w) of `frame`."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    left, top, right, bottom = frame.crop
    across, down = (right - left) / frame.size[0], (bottom - top) / frame.size[1]
    x0, x1 = round(x * across), round((x + width) * across)
    y0, y1 = round(y * down), round((y + height) * down)
    return left + x0, top + y0, left + x1, top + y1


def _tone(prepared: Prepared) -> tuple[float, float]:
    """Grey values that become black and white. The subject sets them, not the crop: a tumour's brightness is a sign."""
    mean, deviation = subject_tone(prepared.steps.cropped)
    return mean + DARKEST * deviation, mean + BRIGHTEST * deviation


def _eight_bit(image: np.ndarray) -> np.ndarray:
    return np.asarray((np.clip(image, 0, 1) * 255).round(), np.uint8)
