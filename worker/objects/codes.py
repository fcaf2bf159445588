"""Coded concepts. SNOMED CT, DCM and UCUM where they have one; our own scheme for what they cannot say.

Findings are coded as lesions, whatever their type: a type is the model's opinion, and stands in an evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

OWN_SCHEME = "99ONCOQUEUE"
OWN_SCHEME_ITEM = CodingSchemeIdentificationItem(OWN_SCHEME, name="OncoQueue", responsible_organization="OncoQueue")

LESION = codes.SCT.Lesion
ABNORMAL = codes.SCT.MorphologicallyAbnormalStructure
ARTIFICIAL_INTELLIGENCE = codes.DCM.ArtificialIntelligence
COMMENT = codes.DCM.Comment

LONGEST_DIAMETER, SHORT_AXIS, AREA = codes.SCT.LongAxis, codes.SCT.ShortAxis, codes.SCT.Area
SCORE = codes.DCM.CertaintyOfFinding
P_MALIGNANT = Code("p-malignant", OWN_SCHEME, "Probability of malignancy")
P_TUMOUR = Code("p-tumor", OWN_SCHEME, "Probability of at least one tumor in the image")
URGENCY = Code("urgency", OWN_SCHEME, "Rank of urgency from 0 to 1")

PERCENT = codes.UCUM.Percent
NO_UNITS = Code("1", "UCUM", "no units")
LENGTH_UNITS: Mapping[str, Code] = MappingProxyType(
    {"mm": codes.UCUM.Millimeter, "px": Code("{pixels}", "UCUM", "pixels")}
)
AREA_UNITS: Mapping[str, Code] = MappingProxyType(
    {"mm": codes.UCUM.SquareMillimeter, "px": Code("{pixels}", "UCUM", "pixels")}
)

REGIONS = Code("regions", OWN_SCHEME, "Suspected lesion regions")
PRESENT, NOT_DETECTED = codes.SCT.Present, Code("260415000", "SCT", "Not detected")

MALIGNANCY = Code("malignancy", OWN_SCHEME, "Malignancy according to the model")
MALIGNANCIES: Mapping[str, Code] = MappingProxyType(
    {"benign": codes.SCT.Benign, "malignant": codes.SCT.Malignant, "uncertain": codes.SCT.Equivocal}
)

TYPE = Code("type", OWN_SCHEME, "Most likely type according to the model")
TYPE_IN_DOUBT = Code("type-in-doubt", OWN_SCHEME, "Most likely type according to the model, in doubt")
_TYPES: Mapping[str, Code] = MappingProxyType(
    {
        "glioma": Code("393564001", "SCT", "Glioma"),
        "meningioma": Code("302820008", "SCT", "Intracranial meningioma"),
        "pituitary": Code("254956000", "SCT", "Pituitary adenoma"),
    }
)
_PROCEDURES: Mapping[str, Code] = MappingProxyType(
    {
        "brain-mri": Code("816077007", "SCT", "MRI of brain"),
        "mammogram": Code("71651007", "SCT", "Mammography"),
        "chest-xray": Code("399208008", "SCT", "Plain X-ray of chest"),
    }
)
_REGIONS_OF_BODY: Mapping[str, Code] = MappingProxyType(
    {"brain-mri": codes.SCT.Head, "mammogram": codes.SCT.Breast, "chest-xray": codes.SCT.Chest}
)
_MEANING_CHARACTERS = 64


def type_code(label: str) -> Code:
    """A type by SNOMED CT where it is known there, else by its name in our scheme."""
    return _TYPES.get(label) or _own(label)


def p_type(label: str) -> Code:
    """The probability of a type."""
    return Code(f"p-{label}"[:16], OWN_SCHEME, f"Probability of type {label}"[:_MEANING_CHARACTERS])


def procedure(kind: str) -> Code:
    """The procedure that a kind of image comes from."""
    return _PROCEDURES.get(kind) or _own(kind)


def body_region(kind: str) -> Code | None:
    """Where in the body a kind of image looks; None for a kind that is not known."""
    return _REGIONS_OF_BODY.get(kind)


def _own(name: str) -> Code:
    return Code(name[:16], OWN_SCHEME, name[:_MEANING_CHARACTERS])
