"""Where the tumour of a record is: its outline, its boxes, or its lesions one by one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.collections.record import Box, Record
from models.errors import TrainingDataError


def read_outline(path: Path) -> np.ndarray:
    """An outlined tumour, bool (height, width), from its mask file. Raises TrainingDataError where it is no image."""
    stored = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    if stored is None:
        raise TrainingDataError(f"The mask {path} cannot be read.")
    return np.asarray(stored > 127)


def outline_of(record: Record, shape: tuple[int, ...]) -> np.ndarray | None:
    """The record's outline, bool of the image's `shape`, if it has one. Raises TrainingDataError for another size."""
    if record.mask is None:
        return None
    outline = read_outline(record.mask)
    if outline.shape != shape:
        raise TrainingDataError(
            f"The mask {record.mask} is not of its image's size: {_pixels(outline.shape)} and {_pixels(shape)}."
        )
    return outline


def boxes_of(record: Record, shape: tuple[int, ...]) -> tuple[Box, ...]:
    """The boxes of the record's lesions, as far as they lie in the image of that `shape`.

    Raises TrainingDataError for one whose middle does not: it was drawn on another image, or at another size.
    """
    return tuple(_within(record, lesion.box, shape) for lesion in record.lesions)


def _within(record: Record, box: Box, shape: tuple[int, ...]) -> Box:
    x0, y0, x1, y1 = box
    height, width = shape
    if x0 + x1 > 2 * width or y0 + y1 > 2 * height:
        raise TrainingDataError(f"The box {box} of {record.image} lies outside of the image, {_pixels(shape)}.")
    return x0, y0, min(x1, width), min(y1, height)


def truth_mask(record: Record, shape: tuple[int, ...]) -> np.ndarray:
    """Where the tumour is, bool (height, width): its outline, or its boxes where only those are known.

    Raises TrainingDataError for an outline of another size, one that cannot be read, or a box outside of the image.
    """
    outline = outline_of(record, shape)
    if outline is not None:
        return outline
    mask = np.zeros(shape, bool)
    for x0, y0, x1, y1 in boxes_of(record, shape):
        mask[y0:y1, x0:x1] = True
    return mask


def lesion_masks(record: Record, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Where each of the record's lesions is, in their order; bool (height, width).

    What of the outline lies in the lesion's box. Where none is known there, the ellipse in that box: for a mammogram,
    the annotated circle. Raises TrainingDataError as `truth_mask` does.
    """
    outline = outline_of(record, shape)
    return [_in_box(outline, box, shape) for box in boxes_of(record, shape)]


def _in_box(outline: np.ndarray | None, box: Box, shape: tuple[int, ...]) -> np.ndarray:
    x0, y0, x1, y1 = box
    inside = np.zeros(shape, bool)
    part = None if outline is None else outline[y0:y1, x0:x1]
    inside[y0:y1, x0:x1] = part if part is not None and part.any() else _ellipse(x1 - x0, y1 - y0)
    return inside


def _ellipse(width: int, height: int) -> np.ndarray:
    """That which fills a box, bool (height, width)."""
    y, x = np.ogrid[:height, :width]
    return np.asarray(((2 * x + 1) / width - 1) ** 2 + ((2 * y + 1) / height - 1) ** 2 <= 1)


def _pixels(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]} pixels"
