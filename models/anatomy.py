"""Where the patient lies in an image: towards which side its edges point, and the plane of the slice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """An anatomical direction, by the letter DICOM gives it (PS3.3 C.7.6.1.1.1)."""

    RIGHT = "R"
    LEFT = "L"
    ANTERIOR = "A"
    POSTERIOR = "P"
    SUPERIOR = "H"
    INFERIOR = "F"

    @property
    def opposite(self) -> Direction:
        """The other end of the same axis."""
        return Direction(_OTHER_END[self.value])

    @property
    def words(self) -> str:
        """As a reader says it; left and right are the patient's own."""
        word = self.name.lower()
        return f"patient's {word}" if self in (Direction.LEFT, Direction.RIGHT) else word


_OTHER_END = {"R": "L", "L": "R", "A": "P", "P": "A", "H": "F", "F": "H"}
_PLANES = {frozenset("RLAP"): "axial", frozenset("RLHF"): "coronal", frozenset("APHF"): "sagittal"}


@dataclass(frozen=True)
class Directions:
    """Towards which part of the patient an image runs, as it is displayed; None where it runs too oblique to say."""

    rightwards: Direction | None
    downwards: Direction | None

    @property
    def plane(self) -> str | None:
        """axial, coronal or sagittal, whichever is nearest; None where one of the directions is not known."""
        if self.rightwards is None or self.downwards is None:
            return None
        return _PLANES[frozenset(d for a in (self.rightwards, self.downwards) for d in (a.value, a.opposite.value))]
