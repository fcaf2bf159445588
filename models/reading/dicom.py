"""DICOM through pydicom: one image, or the frames of one file as a volume."""

from __future__ import annotations

from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

from models.errors import ScanRejectedError
from models.reading.dicom_decoding import decode
from models.reading.dicom_directions import directions_of
from models.reading.dicom_frames import FrameHeaders, geometry_of
from models.reading.dicom_header import DAMAGED_HEADER, DICOM_ERRORS, PIXEL_KEYWORDS, detail_of, read_header
from models.reading.dicom_kind import kind_of
from models.reading.dicom_pixels import FramePixels, find_pixels
from models.reading.dicom_spacing import aspect_of, spacing_of
from models.reading.dicom_values import displayed
from models.reading.limits import check_size
from models.reading.rejection import as_rejection
from models.reading.scan import Scan
from models.reading.signatures import Format
from models.reading.stacking import Stacked, stacked
from models.reading.tone import colourfulness_of, grey_of, unit_range
from models.reading.volume import Slice, Volume, check_volume
from models.report import Kind

_DAMAGED_PIXELS = "The DICOM file is truncated or damaged: its pixels cannot be decoded"


def read_dicom(file: BinaryIO, max_pixels: int) -> Scan | Volume:
    """One image, or a volume that goes on reading from `file`: its frames are decoded when asked for, one by one.

    Raises ScanRejectedError where the file is damaged or not read.
    """
    with as_rejection(DAMAGED_HEADER, DICOM_ERRORS, detail_of):
        header, content = read_header(file)
        kind, frames = checked(header, max_pixels)
        headers = FrameHeaders(header)
    with as_rejection(_DAMAGED_PIXELS, DICOM_ERRORS, detail_of):
        pixels = find_pixels(headers.frame(0), content, frames)
    if frames == 1:
        return _image(headers, pixels, kind, 0)
    with as_rejection(DAMAGED_HEADER, DICOM_ERRORS, detail_of):
        order = stacked([geometry_of(headers.frame(index)) for index in range(frames)])
    return Volume(
        slices=tuple(Slice(partial(_image, headers, pixels, kind, i), place, i + 1) for i, place in order.order),
        kind=kind,
        format=Format.DICOM.value,
        notes=order_notes(order),
    )


def checked(header: Dataset, max_pixels: int) -> tuple[Kind | None, int]:
    """The kind and the number of frames of a header that promises images of a readable kind and size.

    Raises ScanRejectedError.
    """
    if not any(keyword in header for keyword in PIXEL_KEYWORDS) or not header.get("Rows"):
        raise ScanRejectedError(f"The DICOM file holds no pixels{_object_type(header)}.")
    kind = kind_of(header)
    check_size(int(header.Columns), int(header.Rows), max_pixels)
    frames = max(1, int(header.get("NumberOfFrames") or 1))
    check_volume(frames, int(header.Rows) * int(header.Columns), max_pixels)
    return kind, frames


def order_notes(order: Stacked) -> tuple[str, ...]:
    """What a reader must know of how slices were ordered."""
    if not order.repeated:
        return ()
    return (
        f"{order.repeated} further images lie where another one does (other echoes, times or directions) and were not "
        "read: of each place the first was.",
    )


def _object_type(header: Dataset) -> str:
    """The SOP class in words, where the header names one that is known."""
    sop_class = uid.UID(str(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID") or ""))
    name = sop_class.name
    return f": its type is '{name.removesuffix(' Storage')}'" if name and name != sop_class else ""


def _image(headers: FrameHeaders, pixels: FramePixels, kind: Kind | None, index: int) -> Scan:
    with as_rejection(DAMAGED_HEADER, DICOM_ERRORS, detail_of):
        header = headers.frame(index)
        spacing, source = spacing_of(header)
        directions, aspect = directions_of(header), aspect_of(header)
    with as_rejection(_DAMAGED_PIXELS, DICOM_ERRORS, detail_of):
        values = decode(header, pixels.keyword, pixels.representation, pixels.read(index))
        grey, colourfulness = _grey(values, header)
    return Scan(grey, 1, spacing, source, kind, colourfulness, Format.DICOM.value, directions, aspect)


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
