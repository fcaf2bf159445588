"""The picture with burnt-in outlines as a DICOM secondary capture, for viewers that do not draw what an SR says."""

from __future__ import annotations

import io

import numpy as np
from highdicom.sc import SCImage
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as dictionary
from pydicom.uid import ExplicitVRLittleEndian

from worker.objects.case import NOTICE, Case
from worker.objects.series import own_series, with_names


def secondary_capture(case: Case, overlay: bytes) -> SCImage:
    """`overlay`: the PNG that the worker rendered, which carries the model and 'research use only' in its corner."""
    capture = SCImage.from_ref_dataset(
        case.nameless,
        rgb(overlay),
        "RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "P"),
        transfer_syntax_uid=ExplicitVRLittleEndian,
        specific_character_set="ISO_IR 192",
        **own_series(case, "capture", "OncoQueue outlines"),
    )
    # highdicom wants one; this picture is for looking at, and what the source says of itself stands there.
    capture.add_new("PatientOrientation", "CS", None)
    capture.Laterality = case.source.get("Laterality")  # there, if empty, because it may be one of a pair
    capture.ConversionType = "WSD"
    capture.DerivationDescription = f"Outlines drawn by {case.model.name} {case.model.version}. {NOTICE}"
    capture.ImageComments = NOTICE
    capture.SourceImageSequence = [_reference(case.source)]
    if "BurnedInAnnotation" in case.source:  # whether the picture names the patient is the source's to say
        capture.BurnedInAnnotation = case.source.BurnedInAnnotation
    return with_names(capture, case)


def rgb(png: bytes) -> NDArray[np.uint8]:
    """A PNG as (height, width, 3)."""
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def _reference(source: Dataset) -> Dataset:
    item, purpose = Dataset(), Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = source.SOPClassUID, source.SOPInstanceUID
    code = dictionary.DCM.SourceImageForImageProcessingOperation
    purpose.CodeValue, purpose.CodingSchemeDesignator, purpose.CodeMeaning = code[:3]
    item.PurposeOfReferenceCodeSequence = [purpose]
    return item
