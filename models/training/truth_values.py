"""The truth of an image as one mask of few values, which is what training sees of it."""

from __future__ import annotations

import numpy as np

from models.collections import Record, boxes_of, lesion_masks, outline_of

TUMOUR = 255
OTHER_TUMOUR = 192  # of another type than the image is labelled with: its place is learnt, its type not
IGNORED = 128  # nothing is known of these pixels, or nothing should be learnt from them


def is_tumour(mask: np.ndarray) -> np.ndarray:
    """Where a mask of these values has a tumour, of whatever type; bool of its shape."""
    return np.asarray(mask >= OTHER_TUMOUR)


def truth_values(record: Record, shape: tuple[int, ...]) -> np.ndarray:
    """The record's truth, uint8 of the stored image's `shape`. Raises TrainingDataError where it does not fit that."""
    return _of_lesions(record, shape) if record.by_centre else _of_one_tumour(record, shape)


def _of_one_tumour(record: Record, shape: tuple[int, ...]) -> np.ndarray:
    """An outline says where the tumour is; a box alone, which pixels are in question."""
    values = np.zeros(shape, np.uint8)
    outline = outline_of(record, shape)
    if outline is not None:
        values[outline] = TUMOUR
    for x0, y0, x1, y1 in boxes_of(record, shape):
        values[y0:y1, x0:x1] = IGNORED
    return values


def _of_lesions(record: Record, shape: tuple[int, ...]) -> np.ndarray:
    """Lesions that count over those that do not; where one lies at an unknown place, all is in question."""
    values = np.full(shape, IGNORED if record.tumour and not record.lesions else 0, np.uint8)
    pairs = list(zip(record.lesions, lesion_masks(record, shape), strict=True))
    for lesion, mask in sorted(pairs, key=lambda pair: pair[0].counts):
        values[mask] = (TUMOUR if lesion.label == record.label else OTHER_TUMOUR) if lesion.counts else IGNORED
    return values
