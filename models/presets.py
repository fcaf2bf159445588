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
    """`malignant_share`: P(malignant | type); `reason` says why, for the reader. `subject`: what the image shows.

    typical_mm: the subject's longer side, which stands in for a size where no pixel spacing is known.
    """

    kind: Kind
    title: str
    subject: str
    typical_mm: float
    malignant_share: Mapping[str, float]
    reason: Mapping[str, str]
    release: str | None = None  # the one that ships
    caveats: tuple[str, ...] = ()  # of every result

    def malignant_probability(self, types: Mapping[str, float]) -> float:
        """P(malignant) of a region whose types have these probabilities."""
        return sum(p * self.malignant_share[label] for label, p in types.items())


BRAIN_MRI = Preset(
    kind=Kind.BRAIN_MRI,
    title="brain MRI",
    subject="head",
    typical_mm=200.0,
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
MAMMOGRAM = Preset(
    kind=Kind.MAMMOGRAM,
    title="mammogram",
    subject="breast",
    typical_mm=180.0,
    malignant_share=MappingProxyType({"benign lesion": 0.0, "suspicious lesion": 1.0}),
    reason=MappingProxyType(
        {
            "benign lesion": "It looks like lesions that turned out benign.",
            "suspicious lesion": "It looks like lesions that turned out malignant.",
        }
    ),
    release="mammogram",
    caveats=(
        "This model was trained and measured on digitised film of the 1990s, in one projection; digital mammograms "
        "look otherwise.",
        "It finds masses; most micro-calcifications and distortions it misses, and whether a lesion is benign or "
        "malignant it hardly tells better than chance.",
    ),
)
CHEST_XRAY = Preset(
    kind=Kind.CHEST_XRAY,
    title="chest X-ray",
    subject="chest",
    typical_mm=300.0,
    malignant_share=MappingProxyType({"indeterminate opacity": 0.0, "suspicious opacity": 1.0}),
    reason=MappingProxyType(
        {
            "indeterminate opacity": "It looks like nodules that radiologists did not suspect on CT.",
            "suspicious opacity": "It looks like nodules that radiologists suspected on CT; no pathology was known.",
        }
    ),
    caveats=("This model was trained and measured on X-rays simulated from CT, and on no real ones.",),
)

PRESETS: Mapping[Kind, Preset] = MappingProxyType({p.kind: p for p in (BRAIN_MRI, MAMMOGRAM, CHEST_XRAY)})
SHIPPED = frozenset(kind for kind, preset in PRESETS.items() if preset.release)
"""The kinds that a model ships for."""
