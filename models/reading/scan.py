"""What every reader returns, whatever the file format was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.anatomy import Directions
from models.report import Kind

AT_DETECTOR = "ImagerPixelSpacing"


@dataclass(frozen=True, eq=False)
class Scan:
    """One grey image as it is stored in the file.

    pixels: float32 (height, width) in 0..1, larger is brighter, stored orientation.
    orientation: EXIF orientation 1..8 that a viewer would apply; 1 shows the pixels as stored.
    spacing_mm: (row, column) distance between pixel centres in mm, or None where nothing trustworthy states it.
    spacing_source: the header field that decided the spacing; AT_DETECTOR where shadows on a detector are measured,
    which are larger than what casts them.
    kind: the kind of image that the header names, or None where only the pixels can tell.
    colourfulness: share of pixels, 0..1, whose colour no single tint explains; near 0 for grey and toned images.
    format: PNG, JPEG, TIFF, BMP, DICOM or NIfTI.
    directions: how the patient lies in the image as displayed, where a DICOM or NIfTI header tells.
    stated_aspect: a stored pixel's height over its width, as stated where no spacing is.
    """

    pixels: NDArray[np.float32]
    orientation: int
    spacing_mm: tuple[float, float] | None
    spacing_source: str | None
    kind: Kind | None
    colourfulness: float
    format: str
    directions: Directions | None = None
    stated_aspect: float = 1.0

    @property
    def pixel_size(self) -> tuple[float, float]:
        """(row, column) in mm; where no spacing is known, in widths of a stored pixel."""
        return self.spacing_mm or (self.stated_aspect, 1.0)

    @property
    def aspect(self) -> float:
        """A stored pixel's height over its width."""
        row, column = self.pixel_size
        return row / column
