"""All objects of one scan, from its bytes, its result and the picture that was rendered of it."""

from __future__ import annotations

import struct

from pydicom.dataset import Dataset
from reportlab.platypus.doctemplate import LayoutError

from models.errors import ModelsError
from models.reading.signatures import HEAD_BYTES, Format, recognise
from shared.objects import CAPTURE, PDF, SEG, SOURCE, SR
from shared.schemas import ImageInfo, ScanResult
from worker.objects.capture import secondary_capture
from worker.objects.case import Case
from worker.objects.errors import ObjectsError
from worker.objects.identity import Identity
from worker.objects.page import pdf_page
from worker.objects.segmentation import segmentation
from worker.objects.series import file_bytes
from worker.objects.source import complete, read_source, sound_header
from worker.objects.structured_report import structured_report
from worker.objects.wrapping import wrap

# What pydicom, highdicom and ReportLab raise at values that they cannot work with.
_LIBRARY_ERRORS = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    NotImplementedError,
    EOFError,
    struct.error,
    LayoutError,
)


def make_objects(data: bytes, result: ScanResult, release: str, overlay: bytes) -> dict[str, bytes]:
    """Files by the names of `shared.objects`; their UIDs follow from `data`, the kind and the `release` id.

    data: the scan as it was submitted; overlay: the PNG of the outlines on it.
    No region reported: no segmentation. Raises ObjectsError where the scan is not done or objects cannot refer to it.
    """
    image = _analysed(result)
    identity = Identity.of(data, release, result.kind or "")
    try:
        source, wrapped = _source(data, image, identity)
        case = Case(source, result, identity)
        files = {SR: file_bytes(structured_report(case)), CAPTURE: file_bytes(secondary_capture(case, overlay))}
        if case.lesions:
            files[SEG] = file_bytes(segmentation(case, image))
        files[PDF] = pdf_page(case, overlay)
    except _LIBRARY_ERRORS as error:
        # Without its message, which may hold a value of the header.
        raise ObjectsError(f"The header of the scan does not allow objects: {type(error).__name__}.") from error
    return files | wrapped


def _analysed(result: ScanResult) -> ImageInfo:
    if result.status != "done" or result.image is None:
        raise ObjectsError(f"There are no objects of a scan that is {result.status}: nothing was analysed.")
    return result.image


def _source(data: bytes, image: ImageInfo, identity: Identity) -> tuple[Dataset, dict[str, bytes]]:
    """The header that objects refer to; and the file it belongs to, where that had to be made."""
    try:
        format = recognise(data[:HEAD_BYTES])
    except ModelsError as error:
        raise ObjectsError(f"The scan cannot be read again: {error}") from error
    if format is Format.DICOM:
        return read_source(data, identity), {}
    wrapped = wrap(data, format, image, identity)
    header = sound_header(wrapped)
    complete(header, identity)
    return header, {SOURCE: file_bytes(wrapped)}
