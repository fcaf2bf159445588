"""The header of a DICOM file. Only the elements listed here are parsed: no name of a patient is ever read."""

from __future__ import annotations

import re
import struct
import zlib
from io import BytesIO
from typing import Any, BinaryIO

import pydicom
from pydicom import uid
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.tag import Tag

from models.reading.content import Content
from models.reading.dicom_directions import DIRECTION_TAGS
from models.reading.inflate import RAW_DEFLATE, inflated_whole

PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
SPACING_TAGS = ("PixelSpacing", "ImagerPixelSpacing", "EstimatedRadiographicMagnificationFactor")
SERIES_TAGS = ("SeriesInstanceUID", "SOPInstanceUID", "InstanceNumber", "ImagePositionPatient", "SpacingBetweenSlices")
FRAME_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_OFFSET_TAGS = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")
_KIND_TAGS = ("SOPClassUID", "Modality", "BodyPartExamined", "PresentationIntentType", "ViewPosition")
_LAYOUT_TAGS = ("Rows", "Columns", "SamplesPerPixel", "NumberOfFrames", "PlanarConfiguration", "PixelAspectRatio")
_DEPTH_TAGS = ("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PhotometricInterpretation")
_PADDING_TAGS = ("PixelPaddingValue", "PixelPaddingRangeLimit")
_MODALITY_TAGS = ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence")
_VOI_TAGS = ("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence")
_PALETTE_TAGS = tuple(
    f"{segmented}{colour}PaletteColorLookupTable{part}"
    for colour in ("Red", "Green", "Blue")
    for segmented, part in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
)
_TAGS: list[Any] = [
    *(_KIND_TAGS + SPACING_TAGS + SERIES_TAGS + FRAME_GROUPS + DIRECTION_TAGS + _LAYOUT_TAGS + _DEPTH_TAGS),
    *(_OFFSET_TAGS + _PADDING_TAGS + _MODALITY_TAGS + _VOI_TAGS + _PALETTE_TAGS + PIXEL_KEYWORDS),
]
DAMAGED_HEADER = "The DICOM file is damaged: its header cannot be read"
# What pydicom and its plug-ins raise at damaged input, found by cutting and flipping bytes of valid files.
DICOM_ERRORS = (
    OSError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    OverflowError,
    AttributeError,
    RuntimeError,
    NotImplementedError,
    struct.error,
    zlib.error,
    BytesLengthException,
    InvalidDicomError,
)
# Element (0002,0010) with or without a written value representation.
_DEFLATED = re.compile(rb"\x02\x00\x10\x00(?:UI..|....)1\.2\.840\.10008\.1\.2\.1\.99", re.DOTALL)
_META_BYTES = 65_536
MOST_INFLATED_BYTES = 256 << 20
_DEFERRED_FROM = 65_536
_MOST_DEFERRED_BYTES = 64 << 20
_DETAIL_CHARACTERS = 120


def read_header(file: BinaryIO) -> tuple[Dataset, Content]:
    """The listed elements, and where the pixels' bytes lie: a header's large values stay on the disk.

    Raises one of DICOM_ERRORS, or ScanRejectedError for a deflated file that is too long.
    """
    file.seek(0)
    if _DEFLATED.search(file.read(_META_BYTES)):  # pydicom would inflate it whole, whatever the size
        return _read_deflated(file)
    file.seek(0)
    header = pydicom.dcmread(file, force=True, specific_tags=_TAGS, defer_size=_DEFERRED_FROM)
    _complete_transfer_syntax(header)
    content = Content(file)
    _fetch_deferred(header, content)
    return header, content


def own_copy(header: Dataset) -> Dataset:
    """A header whose elements can be changed without changing the other's: copy.copy() shares them."""
    copied = Dataset()
    copied.update(dict(header.items()))
    copied.file_meta = header.file_meta
    return copied


def detail_of(error: Exception) -> str:
    """The first sentence of pydicom's complaint, on one line and bounded."""
    return " ".join(str(error).split()).split(" - ")[0][:_DETAIL_CHARACTERS] or type(error).__name__


def _read_deflated(file: BinaryIO) -> tuple[Dataset, Content]:
    """All that follows the file meta information is deflated, and explicit little endian."""
    file.seek(0)
    start = file.read(144)
    if start[128:136] != b"DICM\x02\x00\x00\x00":
        raise ValueError("the length of its file meta information is missing")
    file.seek(144 + int.from_bytes(start[140:144], "little"))
    content = inflated_whole(file, RAW_DEFLATE, MOST_INFLATED_BYTES)
    header = read_dataset(
        BytesIO(content), is_implicit_VR=False, is_little_endian=True, specific_tags=[Tag(tag) for tag in _TAGS]
    )
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    return header, Content(content)


def _complete_transfer_syntax(header: Dataset) -> None:
    """A data set without file meta information is in the encoding that pydicom found it in."""
    if "TransferSyntaxUID" in header.file_meta:
        return
    is_implicit, is_little_endian = header.original_encoding
    plain = uid.ImplicitVRLittleEndian if is_implicit else uid.ExplicitVRLittleEndian
    header.file_meta.TransferSyntaxUID = plain if is_little_endian else uid.ExplicitVRBigEndian


def _fetch_deferred(header: Dataset, content: Content) -> None:
    """Read what was left on the disk for its length, but for the pixels: such as tables and frames' groups."""
    pixels = [Tag(keyword) for keyword in PIXEL_KEYWORDS]
    for tag, element in list(header.items()):
        if tag in pixels or not isinstance(element, RawDataElement):
            continue
        if element.value is None and element.length:
            if element.length > _MOST_DEFERRED_BYTES:
                raise ValueError(f"its element {tag} is longer than {_MOST_DEFERRED_BYTES >> 20} MB")
            header[tag] = element._replace(value=content.read(element.value_tell, element.length))
