"""The header of a DICOM scan, reduced to what objects take over from it and made sound.

Scanners and exports break rules that an archive holds others to. A value that its element does not allow is left out,
and what every object must have is there, empty (type 2) or derived from the file (UIDs).
"""

from __future__ import annotations

import io
import math
from typing import Any

import pydicom
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import UID

from worker.objects.errors import ObjectsError
from worker.objects.identity import Identity

_UIDS = {"StudyInstanceUID": "study", "SeriesInstanceUID": "series", "SOPInstanceUID": "instance"}
_TYPE_2 = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("StudyID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"),
)
_PATIENT_AND_STUDY = ("IssuerOfPatientID", "PatientAge", "PatientSize", "PatientWeight", "StudyDescription")
_IMAGE = ("SOPClassUID", "Modality", "Rows", "Columns", "LossyImageCompression", "BurnedInAnnotation", "Laterality")
_EQUIPMENT = ("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber", "StationName")
_GEOMETRY = ("FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
_GEOMETRY_OPTIONS = ("PositionReferenceIndicator", "SliceThickness", "SpacingBetweenSlices")
_COPIED = (*_UIDS, *_TYPE_2, *_PATIENT_AND_STUDY, *_IMAGE, *_EQUIPMENT, *_GEOMETRY, *_GEOMETRY_OPTIONS)
_SEXES = frozenset("MFO")
# What pydicom raises at values that cannot be read or are not allowed, found by breaking headers.
_VALUE_ERRORS = (ValueError, TypeError, OverflowError, NotImplementedError, AttributeError, LookupError)


def read_source(data: bytes, identity: Identity) -> Dataset:
    """The header of a single-frame DICOM file. Raises ObjectsError where objects cannot refer to it."""
    read = pydicom.dcmread(
        io.BytesIO(data),
        force=True,
        stop_before_pixels=True,
        specific_tags=[*_COPIED, "NumberOfFrames", "SpecificCharacterSet"],
    )
    frames = _sound(read, "NumberOfFrames")
    if frames is not None and int(frames.value or 1) > 1:
        raise ObjectsError(f"This is a multi-frame image ({frames.value} frames); objects refer to single frames only.")
    source = sound_header(read)
    _complete_class(source, read)
    complete(source, identity)
    return source


def sound_header(read: Dataset) -> Dataset:
    """Those elements that are copied and valid, in Unicode."""
    source = Dataset()
    with config.disable_value_validation():  # whose warnings print values, UIDs among them
        elements = [_sound(read, keyword) for keyword in _COPIED]
    for element in elements:
        if element is not None:
            source.add(element)
    source.SpecificCharacterSet = "ISO_IR 192"
    if source.get("PatientSex") not in _SEXES:
        source.PatientSex = None
    _drop_partial_geometry(source)
    return source


def complete(source: Dataset, identity: Identity) -> None:
    """Add what every object must have: empty, or for UIDs derived from the file."""
    for keyword in _TYPE_2:
        if keyword not in source:
            setattr(source, keyword, None)
    for keyword, part in _UIDS.items():
        if not source.get(keyword):
            setattr(source, keyword, identity.source_uid(part))
    if not source.get("Modality"):
        source.Modality = "OT"


def _sound(read: Dataset, keyword: str) -> DataElement | None:
    """The element with a value that it may have, else None."""
    try:
        element = read[keyword]
        if element.is_empty:
            return None
        value = str(element.value) if element.VR == "PN" else element.value
        checked = DataElement(element.tag, dictionary_VR(element.tag), value, validation_mode=config.RAISE)
    except _VALUE_ERRORS:
        return None
    return checked if _finite(checked.value) else None


def _finite(value: Any) -> bool:
    values = value if isinstance(value, pydicom.multival.MultiValue) else [value]
    return all(math.isfinite(number) for number in values if isinstance(number, (int, float)))


def _complete_class(source: Dataset, read: Dataset) -> None:
    if not source.get("SOPClassUID"):
        source.SOPClassUID = UID(str(read.file_meta.get("MediaStorageSOPClassUID") or ""))
    if not source.SOPClassUID.is_valid:
        raise ObjectsError("The DICOM header does not say what kind of object it is (SOP Class UID).")


def _drop_partial_geometry(source: Dataset) -> None:
    """Where the slice lies in the patient is told whole or not at all."""
    lengths = {"ImagePositionPatient": 3, "ImageOrientationPatient": 6, "PixelSpacing": 2}
    whole = source.get("FrameOfReferenceUID") and all(
        len(source.get(keyword) or ()) == length for keyword, length in lengths.items()
    )
    if whole:
        source.setdefault("SliceThickness", None)  # may be empty in a header, but highdicom looks for it
    else:
        for keyword in (*_GEOMETRY, *_GEOMETRY_OPTIONS):
            if keyword in source:
                delattr(source, keyword)
