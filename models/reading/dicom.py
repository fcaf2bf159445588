"""Single-frame DICOM through pydicom. Only the elements listed here are parsed: no name of a patient is ever read."""

from __future__ import annotations

import re
import struct
import zlib
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import get_expected_length, pixel_array

from models.errors import ScanRejectedError
from models.reading.codestream import stated_size
from models.reading.dicom_directions import DIRECTION_TAGS, directions_of
from models.reading.dicom_kind import kind_of
from models.reading.dicom_values import displayed, numbers
from models.reading.limits import check_size
from models.reading.rejection import as_rejection
from models.reading.scan import AT_DETECTOR, Scan
from models.reading.signatures import Format
from models.reading.tone import colourfulness_of, grey_of, unit_range

_KIND_TAGS = ("SOPClassUID", "Modality", "BodyPartExamined", "PresentationIntentType", "ViewPosition")
_SPACING_TAGS = ("PixelSpacing", "ImagerPixelSpacing", "EstimatedRadiographicMagnificationFactor")
LEAST_SPACING_MM, MOST_SPACING_MM = 0.005, 20.0  # outside of these a header is wrong, and so would be every length
MOST_MAGNIFICATION = 4.0
_LAYOUT_TAGS = ("Rows", "Columns", "SamplesPerPixel", "NumberOfFrames", "PlanarConfiguration")
_DEPTH_TAGS = ("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PhotometricInterpretation")
_PADDING_TAGS = ("PixelPaddingValue", "PixelPaddingRangeLimit")
_MODALITY_TAGS = ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence")
_VOI_TAGS = ("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence")
_PALETTE_TAGS = tuple(
    f"{segmented}{colour}PaletteColorLookupTable{part}"
    for colour in ("Red", "Green", "Blue")
    for segmented, part in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
)
_PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_TAGS: list[Any] = [
    *(_KIND_TAGS + _SPACING_TAGS + DIRECTION_TAGS + _LAYOUT_TAGS + _DEPTH_TAGS + _PADDING_TAGS),
    *(_MODALITY_TAGS + _VOI_TAGS + _PALETTE_TAGS + _PIXEL_KEYWORDS),
]
# What pydicom and its plug-ins raise at damaged input, found by cutting and flipping bytes of valid files.
_DECODER_ERRORS = (
    OSError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    OverflowError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
    BytesLengthException,
    InvalidDicomError,
)
# Element (0002,0010) with or without a written value representation.
_DEFLATED = re.compile(rb"\x02\x00\x10\x00(?:UI..|....)1\.2\.840\.10008\.1\.2\.1\.99", re.DOTALL)
_DETAIL_CHARACTERS = 120
# pydicom would ask GDCM first, which ends the whole process at some damaged streams; it is kept for what only it reads.
_PLUGINS = {
    uid.JPEGBaseline8Bit: "pillow",
    uid.JPEGExtended12Bit: "pillow",
    uid.JPEG2000Lossless: "pylibjpeg",
    uid.JPEG2000: "pylibjpeg",
}


def read_dicom(file: BinaryIO, max_pixels: int) -> Scan:
    """Read one single-frame image; raises ScanRejectedError where it is damaged or not a kind that is read."""
    with as_rejection("The DICOM file is damaged: its header cannot be read", _DECODER_ERRORS, _detail):
        content = file.read()
        if _DEFLATED.search(content):  # pydicom would inflate it whole, whatever the size
            raise ScanRejectedError(
                "The DICOM file is deflated (transfer syntax 1.2.840.10008.1.2.1.99): store it plain."
            )
        header = pydicom.dcmread(BytesIO(content), force=True, specific_tags=_TAGS)
        _complete_transfer_syntax(header)
        kind = _checked(header, max_pixels)
        spacing, source = _spacing(header)
        directions = directions_of(header)
    with as_rejection("The DICOM file is truncated or damaged: its pixels cannot be decoded", _DECODER_ERRORS, _detail):
        _check_codestream(header)
        stored = pixel_array(header, decoding_plugin=_PLUGINS.get(header.file_meta.TransferSyntaxUID, ""))
        pixels, colourfulness = _grey(stored, header)
    return Scan(pixels, 1, spacing, source, kind, colourfulness, Format.DICOM.value, directions)


def _detail(error: Exception) -> str:
    """The first sentence of pydicom's complaint, on one line and bounded."""
    return " ".join(str(error).split()).split(" - ")[0][:_DETAIL_CHARACTERS] or type(error).__name__


def _complete_transfer_syntax(header: Dataset) -> None:
    """A data set without file meta information is in the encoding that pydicom found it in."""
    if "TransferSyntaxUID" in header.file_meta:
        return
    is_implicit, is_little_endian = header.original_encoding
    plain = uid.ImplicitVRLittleEndian if is_implicit else uid.ExplicitVRLittleEndian
    header.file_meta.TransferSyntaxUID = plain if is_little_endian else uid.ExplicitVRBigEndian


def _checked(header: Dataset, max_pixels: int) -> Any:
    """The kind of a header that promises one image of a readable kind and size."""
    if not any(keyword in header for keyword in _PIXEL_KEYWORDS) or not header.get("Rows"):
        raise ScanRejectedError(f"The DICOM file holds no pixels{_object_type(header)}.")
    kind = kind_of(header)
    frames = int(header.get("NumberOfFrames") or 1)
    if frames > 1:
        raise ScanRejectedError(f"This is a multi-frame DICOM image ({frames} frames), which is not supported yet.")
    check_size(int(header.Columns), int(header.Rows), max_pixels)
    return kind


def _object_type(header: Dataset) -> str:
    """The SOP class in words, where the header names one that is known."""
    sop_class = uid.UID(str(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID") or ""))
    name = sop_class.name
    return f": its type is '{name.removesuffix(' Storage')}'" if name and name != sop_class else ""


def _spacing(header: Dataset) -> tuple[tuple[float, float] | None, str | None]:
    """(row, column) spacing in mm and the last element that decided it.

    Of a projection where only the spacing at the detector is stated, that, less the magnification if that is stated
    too. So it is where PixelSpacing repeats it: then nobody has corrected for the magnification (PS3.3 10.7.1.3).
    """
    patient, detector, magnification = (numbers(header, keyword) for keyword in _SPACING_TAGS)
    if _plausible(patient) and not _same(patient, detector):
        return (patient[0], patient[1]), _SPACING_TAGS[0]
    if not _plausible(detector):
        return None, None
    if len(magnification) == 1 and 1 <= magnification[0] <= MOST_MAGNIFICATION:
        return (detector[0] / magnification[0], detector[1] / magnification[0]), _SPACING_TAGS[2]
    return (detector[0], detector[1]), AT_DETECTOR


def _same(patient: tuple[float, ...], detector: tuple[float, ...]) -> bool:
    """Whether they differ by no more than headers round."""
    return len(patient) == len(detector) and bool(np.allclose(patient, detector, rtol=1e-3, atol=0))


def _plausible(spacing: tuple[float, ...]) -> bool:
    return len(spacing) == 2 and all(LEAST_SPACING_MM <= value <= MOST_SPACING_MM for value in spacing)


def _check_codestream(header: Dataset) -> None:
    """Before decoding: compressed pixels must be of the header's size, and no longer than RLE at its worst."""
    syntax = header.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated:
        return
    frame = get_frame(header.PixelData, 0, number_of_frames=1)
    if len(frame) > 2 * get_expected_length(header) + 65_536:
        raise ValueError("the compressed pixels are longer than uncompressed ones could be")
    if syntax != uid.RLELossless and stated_size(frame) != (int(header.Columns), int(header.Rows)):
        raise ValueError("the compressed picture is not of the size that the DICOM header states")


def _grey(stored: NDArray[Any], header: Dataset) -> tuple[NDArray[np.float32], float]:
    """Grey in 0..1 (h, w) and the colourfulness of what it was made from."""
    if header.PhotometricInterpretation == "PALETTE COLOR":
        stored = apply_color_lut(stored, header)
    if stored.ndim == 2:
        return displayed(stored, header), 0.0
    colour = _eight_bit(stored[..., :3])
    return unit_range(grey_of(colour)), colourfulness_of(colour)


def _eight_bit(colour: NDArray[Any]) -> NDArray[np.uint8]:
    if colour.dtype == np.uint8:
        return np.ascontiguousarray(colour)
    return (colour.astype(np.float32) * (255 / np.iinfo(colour.dtype).max)).round().astype(np.uint8)
