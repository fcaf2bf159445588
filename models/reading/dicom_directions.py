"""How the patient lies in a DICOM image: told by the header where it does so without contradiction, else not known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from models.anatomy import Direction, Directions
from models.reading.dicom_values import numbers

DIRECTION_TAGS = ("ImageOrientationPatient", "PatientOrientation", "AnatomicalOrientationType")
MOST_OBLIQUE = math.radians(35)
"""An image axis further than this from an anatomical one is not named after it. Below 35 degrees (cosine over the
square root of 2/3) two named axes always leave the third as the nearest to the slice's normal: the plane holds too."""
_TOLERANCE = 0.01  # of unit length and of the right angle: headers round to a few decimals
_AXES = (
    (Direction.LEFT, Direction.RIGHT),
    (Direction.POSTERIOR, Direction.ANTERIOR),
    (Direction.SUPERIOR, Direction.INFERIOR),
)
"""Towards which x, y and z of the patient's coordinates grow, and fall (PS3.3 C.7.6.2.1.1)."""


def directions_of(header: Dataset) -> Directions | None:
    """By ImageOrientationPatient, else by PatientOrientation; None where neither tells, or the two disagree.

    The letters of PatientOrientation count alone only where each direction has one: "PL" may be 44 degrees off.
    """
    if str(header.get("AnatomicalOrientationType") or "").strip().upper() == "QUADRUPED":  # other letters, other axes
        return None
    letters = _letters(header)
    if not header.get("ImageOrientationPatient"):
        return _of_letters(letters)
    found = directions_of_cosines(numbers(header, "ImageOrientationPatient"))
    return None if found is None or _contradicts(letters, found) else found


def directions_of_cosines(values: Sequence[float]) -> Directions | None:
    """From the direction cosines of a row (towards the right edge) and of a column (downwards), x y z of each."""
    if len(values) != 6:
        return None
    axes = np.array(values).reshape(2, 3)
    if np.abs(axes @ axes.T - np.eye(2)).max() > _TOLERANCE:
        return None
    return _known(_nearest(axes[0]), _nearest(axes[1]))


def _nearest(axis: np.ndarray) -> Direction | None:
    which = int(np.abs(axis).argmax())
    grows, falls = _AXES[which]
    if abs(axis[which]) < math.cos(MOST_OBLIQUE):
        return None
    return grows if axis[which] > 0 else falls


def _letters(header: Dataset) -> tuple[str, str] | None:
    """The two values of PatientOrientation, such as ("L", "P"), or None."""
    value = header.get("PatientOrientation")
    if not value or isinstance(value, str) or len(value) != 2:
        return None
    first, second = (str(part).strip().upper() for part in value)
    return (first, second) if set(first + second) <= set(Direction) else None


def _of_letters(letters: tuple[str, str] | None) -> Directions | None:
    if letters is None:
        return None
    return _known(*(Direction(part) if len(part) == 1 else None for part in letters))


def _contradicts(letters: tuple[str, str] | None, found: Directions) -> bool:
    """Whether PatientOrientation names, for a direction that the cosines tell, another one."""
    told = (found.rightwards, found.downwards)
    return letters is not None and any(
        d and part and d.value not in part for d, part in zip(told, letters, strict=True)
    )


def _known(rightwards: Direction | None, downwards: Direction | None) -> Directions | None:
    """Both, unless nothing is known or both name one axis of the patient."""
    if rightwards is None and downwards is None:
        return None
    if rightwards and downwards in (rightwards, rightwards.opposite):
        return None
    return Directions(rightwards, downwards)
