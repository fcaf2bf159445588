"""Which kind of image a DICOM header names, and which kinds are refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydicom.dataset import Dataset

from models.errors import ScanRejectedError
from models.report import Kind

READABLE = "MR of the head, mammograms (MG) and chest X-rays (CR, DX, RG) are read."

_HEAD = frozenset({"HEAD", "BRAIN", "SKULL", "HEADNECK", "HEADANDNECK", "PITUITARY", "CEREBELLUM"})
_HEAD_WORDS = frozenset({*_HEAD, "CRANIUM", "CRANIAL", "NEURO", "NEUROCRANIUM", "SELLA", "CEREBRUM"})
_CHEST = frozenset({"CHEST", "THORAX", "LUNG"})
_FRONTAL = frozenset({"PA", "AP"})
# The terms of PS3.3 C.8.1.1, and what people write.
_LATERAL = frozenset({"LL", "RL", "LAT", "LATERAL", "LLAT", "RLAT", "LATL", "LATR"})
_OBLIQUE = frozenset({"LLO", "RLO", "LAO", "RAO", "LPO", "RPO", "OBLIQUE"})
_OTHER_VIEWS = _LATERAL | _OBLIQUE | {"LLD", "RLD", "DECUBITUS"}
_X_RAY = frozenset({"CR", "DX", "RG"})
_MODALITY_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "CR": "an X-ray",
        "CT": "a CT",
        "DX": "an X-ray",
        "MR": "an MR",
        "NM": "a nuclear medicine image",
        "OT": "an image of modality OT (other)",
        "PT": "a PET image",
        "RG": "an X-ray",
        "RTDOSE": "a radiotherapy dose map",
        "SEG": "a segmentation",
        "SM": "a microscopy image",
        "US": "an ultrasound image",
        "XA": "an angiography",
    }
)


def kind_of(header: Dataset) -> Kind | None:
    """The kind by Modality and BodyPartExamined; None where only the pixels can tell: no modality, or MR of no part.

    Scanners write free text too ("BRAIN W/O", "HEAD^ROUTINE"): with a word for the head in it, the pixels tell.
    Raises ScanRejectedError for a modality or a body part that no model reads.
    """
    modality, body_part = _code(header, "Modality"), _code(header, "BodyPartExamined")
    if not modality:
        return None
    if modality == "MG":
        _refuse_raw(header)
        return Kind.MAMMOGRAM
    if modality == "MR" and _normal(body_part) in _HEAD:
        return Kind.BRAIN_MRI
    if modality == "MR" and (not body_part or _HEAD_WORDS & set(body_part.split())):
        return None
    if modality in _X_RAY and _normal(body_part) in _CHEST:
        _refuse_raw(header)
        _refuse_sideways(header)
        return Kind.CHEST_XRAY
    raise ScanRejectedError(f"This is {_described(modality, body_part)}; {READABLE}")


def _described(modality: str, body_part: str) -> str:
    name = _MODALITY_NAMES.get(modality, f"an image of modality {modality}")
    if body_part:
        return f"{name} of the {body_part.lower()}"
    return f"{name} whose header names no body part" if modality in _X_RAY else name


def _refuse_raw(header: Dataset) -> None:
    """Raw detector values are meant for the maker's own processing: they look like no picture a model has seen."""
    if _code(header, "PresentationIntentType") == "FOR PROCESSING":
        raise ScanRejectedError("This is a raw detector image (FOR PROCESSING); submit the one FOR PRESENTATION.")


def _refuse_sideways(header: Dataset) -> None:
    """By ViewPosition; where that names no view, by PatientOrientation, whose rows run along the chest's depth.

    On a lateral, oblique or decubitus image lungs and nodules lie otherwise than on any that a model has seen.
    """
    view, rows = _code(header, "ViewPosition"), _code(header, "PatientOrientation")
    words = set(view.split())
    if words & _OTHER_VIEWS:
        raise ScanRejectedError(f"This is a chest X-ray whose view is {view}; only frontal ones (PA, AP) are read.")
    if not words & _FRONTAL and rows[:1] in ("A", "P"):
        raise ScanRejectedError("This is a chest X-ray from the side; only frontal ones (PA, AP) are read.")


def _code(header: Dataset, keyword: str) -> str:
    """A code string of the header, upper case, cut to what may stand in a sentence."""
    text = "".join(c if c.isalnum() else " " for c in str(header.get(keyword) or ""))
    return " ".join(text.split()).upper()[:32]


def _normal(body_part: str) -> str:
    return body_part.replace(" ", "")
