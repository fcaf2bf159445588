"""Which candidate region is the tumour: what scores are calibrated to, and what an evaluation holds them against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from models.collections.record import Box, Lesion, Record

HIT_IOU = 0.3  # a candidate that shares this much with the truth is the tumour, its outline more or less right


def shared_with_truth(region: np.ndarray, truth: np.ndarray, outlined: bool) -> float:
    """IoU of two bool masks (height, width); the region counts as its bounding box where the truth is no outline."""
    if not outlined:
        x, y, width, height = cv2.boundingRect(region.astype(np.uint8))
        region = np.zeros_like(region)
        region[y : y + height, x : x + width] = True
    return float((region & truth).sum() / max((region | truth).sum(), 1))


FALSE = -1
"""Of a candidate that lies on no lesion, in the place of the lesion's number."""


def does_count(lesion: Lesion) -> bool:
    """Whether it is wanted: those of which an evaluation speaks unless it is asked for fewer."""
    return lesion.counts


def lesions_hit(
    record: Record, boxes: Sequence[Box], wanted: Callable[[Lesion], bool] = does_count
) -> list[int | None]:
    """For each candidate's box, best first, the number of the lesion that it is the first to hit by its centre.

    The nearest, where it lies on several. FALSE: on no lesion. None, which counts neither way: once more on one that
    was hit, or on one that is not `wanted`.
    """
    taken: set[int] = set()
    hits: list[int | None] = []
    for box in boxes:
        there = list(_under(record, box))
        fresh = next((i for i in there if wanted(record.lesions[i]) and i not in taken), None)
        taken |= {fresh} if fresh is not None else set()
        hits.append(fresh if there else FALSE)
    return hits


def lesion_at(record: Record, box: Box) -> int | None:
    """The number of the lesion that counts, the nearest, on which a candidate's centre lies, found before or not.

    FALSE: on none. None where that cannot be said: it lies on one that does not count, or a lesion of the image has no
    known place.
    """
    there = list(_under(record, box))
    counting = next((number for number in there if record.lesions[number].counts), FALSE)
    unknown = counting == FALSE and bool(there or (record.tumour and not record.lesions))
    return None if unknown else counting


def is_lesion(record: Record, box: Box) -> bool | None:
    """Whether there is a lesion (see `lesion_at`): what scores are calibrated to, None where that cannot be said."""
    number = lesion_at(record, box)
    return None if number is None else number != FALSE


def _under(record: Record, box: Box) -> Iterator[int]:
    """The numbers of the lesions in whose widened box the centre of `box` lies, the nearest first."""
    margin, distances = record.centre_margin or 0.0, list[tuple[float, int]]()
    for number, (x0, y0, x1, y1) in enumerate(lesion.box for lesion in record.lesions):
        across, down = (box[0] + box[2] - x0 - x1) / (x1 - x0), (box[1] + box[3] - y0 - y1) / (y1 - y0)
        if max(abs(across), abs(down)) <= 1 + 2 * margin:  # 1 at the box's own edge
            distances.append((max(abs(across), abs(down)), number))
    return (number for _, number in sorted(distances))
