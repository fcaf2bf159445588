"""How reports and cards speak of each kind of image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.report import Kind


@dataclass(frozen=True)
class Words:
    """image, tumour: one of each, as a noun. finds: what a model of the kind does, its types in the place of {types}.

    limits: those of any model of the kind that this code trains; those of what it was trained on are in its evaluation.
    """

    image: str
    tumour: str
    finds: str
    limits: tuple[str, ...]

    @property
    def images(self) -> str:
        """Several."""
        return f"{self.image}s"


_ANY = "It knows these types only; any other mass is given one of them. `certain: false` marks doubt."
_ONE_SOURCE = "{} or none is measured inside one source each; a figure across sources would measure the source."
_ALONE = "One image at a time: no other view, no clinical data, no comparison with earlier images."

WORDS: Mapping[str, Words] = MappingProxyType(
    {
        Kind.BRAIN_MRI: Words(
            "slice",
            "tumour",
            "Finds tumour regions in single brain-MRI slices, types each ({types}), says how likely the slice holds a "
            "tumour at all, and derives benign or malignant from the type (shares and why: `models/presets.py`).",
            (
                _ANY,
                "What is no brain MRI at all is for the gate to refuse, which has a card of its own; this one answers "
                "all.",
                _ONE_SOURCE.format("Tumour"),
                "One slice at a time: no neighbouring slices, no clinical data, no comparison with earlier scans.",
                "P(malignant) follows from the type's share in cancer registries, not from this image.",
            ),
        ),
        Kind.MAMMOGRAM: Words(
            "image",
            "lesion",
            "Finds lesions in single mammograms, types each ({types}), and says how likely the image holds a lesion at "
            "all. A suspicious lesion looks like lesions that turned out malignant, which is no diagnosis.",
            (
                _ANY,
                "What is no mammogram at all is for the gate to refuse, which has a card of its own; this one answers "
                "all.",
                _ONE_SOURCE.format("Lesion"),
                _ALONE,
            ),
        ),
        Kind.CHEST_XRAY: Words(
            "image",
            "nodule",
            "Finds opacities in single frontal chest X-rays, types each ({types}), and says how likely the image holds "
            "one at all. A suspicious opacity looks like nodules that readers suspected, which is no diagnosis.",
            (
                _ANY,
                "What is no chest X-ray at all is for the gate to refuse, which has a card of its own; this one "
                "answers all.",
                _ONE_SOURCE.format("Nodule"),
                _ALONE,
            ),
        ),
    }
)
"""By the kind of image, as an evaluation and a release name it."""
