"""What is known of each kind of image apart from its network: types, their malignancy, wording. No framework needed.

A preset without a release is a kind that is recognised and refused: better than a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.report import Kind


@dataclass(frozen=True)
class Preset:
    """`malignant_share`: P(malignant | type), from registries; `reason` says why, for the reader."""

    kind: Kind
    title: str
    release: str | None
    malignant_share: Mapping[str, float]
    reason: Mapping[str, str]
    typical_head_mm: float = 200.0  # stands in for a size where no pixel spacing is known

    def malignant_probability(self, types: Mapping[str, float]) -> float:
        """P(malignant) of a region whose types have these probabilities."""
        return sum(p * self.malignant_share[label] for label, p in types.items())


BRAIN_MRI = Preset(
    kind=Kind.BRAIN_MRI,
    title="brain MRI",
    release="brain-mri",
    # Behaviour at diagnosis, rounded, after the CBTRUS statistical reports (Ostrom et al., Neuro-Oncology, yearly).
    malignant_share=MappingProxyType({"glioma": 0.95, "meningioma": 0.01, "pituitary": 0.002}),
    reason=MappingProxyType(
        {
            "glioma": "Diffuse gliomas of adults are malignant (WHO grade 2 to 4).",
            "meningioma": "About 99 of 100 meningiomas are not malignant (WHO grade 1 or 2).",
            "pituitary": "Pituitary adenomas are, with rare exceptions, benign.",
        }
    ),
)
MAMMOGRAM = Preset(Kind.MAMMOGRAM, "mammogram", None, MappingProxyType({}), MappingProxyType({}))
CHEST_XRAY = Preset(Kind.CHEST_XRAY, "chest X-ray", None, MappingProxyType({}), MappingProxyType({}))

PRESETS: Mapping[Kind, Preset] = MappingProxyType({p.kind: p for p in (BRAIN_MRI, MAMMOGRAM, CHEST_XRAY)})
