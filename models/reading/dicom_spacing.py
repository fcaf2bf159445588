"""How far the pixels of a DICOM image lie apart, and of which shape they are."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from models.reading.dicom_header import SPACING_TAGS
from models.reading.dicom_values import numbers
from models.reading.scan import AT_DETECTOR

LEAST_SPACING_MM, MOST_SPACING_MM = 0.005, 20.0  # outside of these a header is wrong, and so would be every length
MOST_MAGNIFICATION = 4.0
MOST_ASPECT = 10.0


def spacing_of(header: Dataset) -> tuple[tuple[float, float] | None, str | None]:
    """(row, column) spacing in mm and the last element that decided it.

    Of a projection where only the spacing at the detector is stated, that, less the magnification if that is stated
    too. So it is where PixelSpacing repeats it: then nobody has corrected for the magnification (PS3.3 10.7.1.3).
    """
    patient, detector, magnification = (numbers(header, keyword) for keyword in SPACING_TAGS)
    if plausible(patient) and not _same(patient, detector):
        return (patient[0], patient[1]), SPACING_TAGS[0]
    if not plausible(detector):
        return None, None
    if len(magnification) == 1 and 1 <= magnification[0] <= MOST_MAGNIFICATION:
        return (detector[0] / magnification[0], detector[1] / magnification[0]), SPACING_TAGS[2]
    return (detector[0], detector[1]), AT_DETECTOR


def aspect_of(header: Dataset) -> float:
    """A pixel's height over its width by PixelAspectRatio, which stands where no spacing does; else 1."""
    ratio = numbers(header, "PixelAspectRatio")
    if len(ratio) != 2 or min(ratio) <= 0:
        return 1.0
    aspect = ratio[0] / ratio[1]
    return aspect if 1 / MOST_ASPECT <= aspect <= MOST_ASPECT else 1.0


def plausible(spacing: tuple[float, ...]) -> bool:
    """Whether these can be a row and a column spacing in mm."""
    return len(spacing) == 2 and all(LEAST_SPACING_MM <= value <= MOST_SPACING_MM for value in spacing)


def _same(patient: tuple[float, ...], detector: tuple[float, ...]) -> bool:
    """Whether they differ by no more than headers round."""
    return len(patient) == len(detector) and bool(np.allclose(patient, detector, rtol=1e-3, atol=0))
