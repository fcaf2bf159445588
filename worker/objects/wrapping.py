"""A picture file as a DICOM secondary capture: the image that objects refer to where the scan itself is no DICOM."""

from __future__ import annotations

import io

import numpy as np
from highdicom.sc import SCImage
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian

from models.errors import ModelsError
from models.reading.raster import read_raster
from models.reading.signatures import Format
from shared.dicom.head import MANUFACTURER
from shared.schemas import ImageInfo
from worker.objects.case import NOTICE, SERIES_NUMBERS
from worker.objects.errors import ObjectsError
from worker.objects.identity import Identity

_SAME_GREY = 1e-3  # of an 8-bit step


def wrap(data: bytes, format: Format, image: ImageInfo, identity: Identity) -> SCImage:
    """The grey values that the model read, in stored orientation: contours fit on them.

    8 bits where that loses nothing, else 16. There is no patient in it. Raises ObjectsError where the file is not the
    one that was analysed.
    """
    try:
        pixels = read_raster(io.BytesIO(data), format, image.width * image.height).pixels
    except ModelsError as error:
        raise ObjectsError(f"The scan cannot be read again: {error}") from error
    values = grey_values(pixels)
    wrapped = SCImage(
        values,
        "MONOCHROME2",
        bits_allocated=8 * values.itemsize,
        coordinate_system="PATIENT",
        patient_orientation=("L", "P"),
        study_instance_uid=identity.source_uid("study"),
        series_instance_uid=identity.source_uid("series"),
        series_number=SERIES_NUMBERS["source"],
        series_description="OncoQueue picture as submitted - RESEARCH USE ONLY",
        sop_instance_uid=identity.source_uid("instance"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        specific_character_set="ISO_IR 192",
    )
    # highdicom wants an orientation; nobody knows how the patient lies in a picture, nor on which side.
    wrapped.add_new("PatientOrientation", "CS", None)
    wrapped.add_new("Laterality", "CS", None)
    wrapped.ConversionType = "WSD"
    wrapped.DerivationDescription = f"Grey values of a {format} file as they were read for analysis."
    wrapped.ImageComments = NOTICE
    return wrapped


def grey_values(pixels: NDArray[np.float32]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """An image in 0..1 as integers: 8 bits for what was 8 bits, else 16."""
    scaled = pixels * np.float32(255)
    rounded = np.rint(scaled)
    if np.abs(scaled - rounded).max() < _SAME_GREY:
        return np.asarray(rounded, np.uint8)
    return np.asarray(np.rint(pixels * np.float32(65535)), np.uint16)
