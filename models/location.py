"""Where a region lies, in words that hold.

The third of the head, breast or chest that its centre lies in, as displayed, is always told. The patient's own sides
are told only where a DICOM header states how the patient lies in the image, and only for a centre in an outer third:
heads are turned and lie off the middle of their bounding box, so that nothing is said of a side near the midline.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.anatomy import Direction, Directions


def location(
    mask: NDArray[np.bool_],
    subject: NDArray[np.bool_] | None = None,
    directions: Directions | None = None,
    name: str = "head",
) -> str:
    """In words, of a region `mask` (h, w) and what the image shows, a mask too; without that, of the whole image.

    For example "upper left of the head as displayed (axial: patient's right, anterior)".
    """
    if subject is None or not subject.any():
        subject, name = np.ones_like(mask), "image"
    x, y = _thirds(mask, subject)
    words = " ".join(word for word in (("upper", "", "lower")[y + 1], ("left", "", "right")[x + 1]) if word)
    if words in ("upper", "lower"):
        words += " middle"
    return f"{words or 'centre'} of the {name} as displayed{_anatomical(x, y, directions)}"


def _thirds(mask: NDArray[np.bool_], whole: NDArray[np.bool_]) -> tuple[int, int]:
    """The third, -1, 0 or 1, of `whole`'s bounding box in which the centre of `mask` lies, across and down."""
    left, top, width, height = cv2.boundingRect(whole.astype(np.uint8))
    moments = cv2.moments(np.ascontiguousarray(mask, np.uint8), binaryImage=True)
    x = (moments["m10"] / moments["m00"] + 0.5 - left) / width
    y = (moments["m01"] / moments["m00"] + 0.5 - top) / height
    return _third(x), _third(y)


def _third(fraction: float) -> int:
    return -1 if fraction < 1 / 3 else 1 if fraction > 2 / 3 else 0


def _anatomical(x: int, y: int, directions: Directions | None) -> str:
    """Plane and sides in brackets, left or right first, then front to back, then top to bottom; empty where unknown."""
    if directions is None:
        return ""
    sides = [_side(x, directions.rightwards), _side(y, directions.downwards)]
    told = ", ".join(side.words for side in sorted((s for s in sides if s), key=list(Direction).index))
    words = ": ".join(word for word in (directions.plane, told) if word)
    return f" ({words})" if words else ""


def _side(third: int, direction: Direction | None) -> Direction | None:
    """The side of the patient that an outer third lies on, along an axis that runs towards `direction`."""
    if not third or direction is None:
        return None
    return direction if third > 0 else direction.opposite
