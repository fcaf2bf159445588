"""The objects that a result is handed on as: their names in the store, and what they are sent as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class ObjectForm:
    """`title`: for readers; `suffix`: of file names."""

    title: str
    media_type: str
    suffix: str


DICOM = "application/dicom"
SOURCE, SR, SEG, CAPTURE, PDF = "source", "sr", "seg", "capture", "report"
OBJECTS: Mapping[str, ObjectForm] = MappingProxyType(
    {
        PDF: ObjectForm("Report as PDF", "application/pdf", "pdf"),
        SR: ObjectForm("DICOM SR", DICOM, "dcm"),
        SEG: ObjectForm("DICOM SEG", DICOM, "dcm"),
        CAPTURE: ObjectForm("DICOM capture with outlines", DICOM, "dcm"),
        SOURCE: ObjectForm("DICOM capture of the scan", DICOM, "dcm"),
    }
)
"""By name, in the order that readers see. `seg` is there where a region is reported, `source` where the scan was no
DICOM."""


def object_file(stem: str, name: str) -> str:
    """The name of an object's file: scan-12-sr.dcm."""
    return f"{stem}-{name}.{OBJECTS[name].suffix}"
