"""What every DICOM object of ours says of itself: its series, its UIDs and the device."""

from __future__ import annotations

import io
from typing import Any, TypeVar

from pydicom.dataset import Dataset

from shared.dicom.head import MANUFACTURER
from worker.objects.case import NAMES, SERIES_NUMBERS, Case

Made = TypeVar("Made", bound=Dataset)


def own_series(case: Case, name: str, title: str) -> dict[str, Any]:
    """The arguments that all of highdicom's classes take, for the object `name`."""
    return {
        "series_instance_uid": case.identity.uid(f"{name} series"),
        "series_number": SERIES_NUMBERS[name],
        "series_description": f"{title} - RESEARCH USE ONLY",
        "sop_instance_uid": case.identity.uid(name),
        "instance_number": 1,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": case.model.name,
        "software_versions": list(case.software_versions),
        "device_serial_number": case.identity.device_serial,
        "contributing_equipment": [case.equipment],
    }


def with_names(made: Made, case: Case) -> Made:
    """The object with the names of people that its source has."""
    for keyword in NAMES:
        made.add_new(keyword, "PN", case.source.get(keyword))  # not set: highdicom shares elements with the source
    return made


def file_bytes(dataset: Dataset) -> bytes:
    """The object as a file, with preamble and file meta information."""
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
