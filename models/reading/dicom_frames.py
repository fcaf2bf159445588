"""The header of each frame of a multi-frame DICOM image, as if it were an image of its own."""

from __future__ import annotations

from pydicom.dataset import Dataset

from models.reading.dicom_header import FRAME_GROUPS, own_copy
from models.reading.dicom_values import numbers
from models.reading.stacking import Geometry

# Functional groups (PS3.3 C.7.6.16.2) and what an image of its own says under the same names.
_MACROS = (
    "PixelMeasuresSequence",
    "PlaneOrientationSequence",
    "PlanePositionSequence",
    "FrameVOILUTSequence",
    "PixelValueTransformationSequence",
)
_ELEMENTS = (
    *("PixelSpacing", "SpacingBetweenSlices", "ImageOrientationPatient", "ImagePositionPatient"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction", "RescaleSlope", "RescaleIntercept"),
)


class FrameHeaders:
    """Headers frame by frame. `header` is that of the file."""

    def __init__(self, header: Dataset) -> None:
        shared, self._per_frame = (header.get(keyword) or () for keyword in FRAME_GROUPS)
        self._common = own_copy(header)
        self._common.NumberOfFrames = 1
        for keyword in FRAME_GROUPS:
            if keyword in self._common:
                delattr(self._common, keyword)
        if shared:
            _spread(shared[0], self._common)

    def frame(self, index: int) -> Dataset:
        """The header of one frame; without groups of its own it is that of the file."""
        header = own_copy(self._common)
        if index < len(self._per_frame):
            _spread(self._per_frame[index], header)
        return header


def geometry_of(header: Dataset) -> Geometry:
    """Where the one image that `header` describes lies."""
    spacing = numbers(header, "SpacingBetweenSlices")
    return Geometry(
        position=numbers(header, "ImagePositionPatient"),
        orientation=numbers(header, "ImageOrientationPatient"),
        shape=(int(header.Rows), int(header.Columns)),
        spacing_mm=abs(spacing[0]) if len(spacing) == 1 and spacing[0] else None,
    )


def _spread(groups: Dataset, header: Dataset) -> None:
    """Write what the groups of a frame say into its header, over what the file says."""
    for macro in _MACROS:
        for item in (groups.get(macro) or ())[:1]:
            for keyword in _ELEMENTS:
                if keyword in item:
                    header.add(item[keyword])
