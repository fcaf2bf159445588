"""Many slices that belong together, read one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.errors import ScanRejectedError
from models.reading.scan import Scan
from models.report import Kind

MOST_SLICES = 2_000
MOST_VOLUME_PIXELS_SHARE = 25
"""A volume may have so many times the pixels of the largest single image."""


@dataclass(frozen=True)
class Place:
    """Where a slice lies. Slices of one `stack` are parallel, `step` counts along it in slice spacings, upwards from 0.

    spacing_mm: from one step to the next; None where it is not known.
    """

    stack: int
    step: int
    spacing_mm: float | None = None

    def steps_to(self, other: Place) -> int | None:
        """How many steps lie between two slices of one stack; None of slices of different ones."""
        return abs(self.step - other.step) if self.stack == other.stack else None


@dataclass(frozen=True, eq=False)
class Slice:
    """One slice; `read` decodes it, or raises ScanRejectedError.

    frame: its number in the file, from 1; file: the name of the file that holds it, where each slice has its own.
    """

    read: Callable[[], Scan]
    place: Place
    frame: int | None = None
    file: str | None = None


@dataclass(frozen=True, eq=False)
class Volume:
    """Slices in the order of geometry, stack by stack, the largest stack first.

    kind: what the header names, None where only the pixels can tell. notes: what a reader must know of how it was
    read, a sentence each.
    """

    slices: tuple[Slice, ...]
    kind: Kind | None
    format: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.slices)


def check_volume(slices: int, pixels: int, max_pixels: int) -> None:
    """Raise ScanRejectedError for what has too many slices or pixels; call it before anything is decoded."""
    if slices > MOST_SLICES:
        raise ScanRejectedError(f"The file holds {slices:,} slices; at most {MOST_SLICES:,} are read.")
    if slices * pixels > MOST_VOLUME_PIXELS_SHARE * max_pixels:
        raise ScanRejectedError(
            f"The file is too large: {slices:,} slices of {pixels:,} pixels; at most "
            f"{MOST_VOLUME_PIXELS_SHARE * max_pixels:,} pixels are read."
        )
