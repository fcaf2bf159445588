"""All figures of one source, and of one evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.evaluation.figures.figure import Figure
from models.evaluation.figures.tumours import Detection, Outlines, Presence, SizeRow, Types
from models.report import Kind


@dataclass(frozen=True)
class Source:
    """One source. Refused tumours count as missed; refused tumour-free images are left out of the figures.

    unknown_types: tumours by types that the model cannot say; they are no part of the figures of `types`. malignant:
    whether the image has a malignant finding, of which a region reported as benign says no. nowhere: images with a
    lesion whose place is not known, in no figure by place; uncounted: images with none but such as do not count, in no
    figure of whole images. remark: what stands beside the source's name wherever a figure does.
    """

    slices: int
    groups: int
    tumours: int
    refused_tumours: int
    refused_free: int
    sizes: tuple[SizeRow, ...]
    detection: Detection | None
    outlines: Outlines | None
    types: Types | None
    presence: Presence | None
    unknown_types: dict[str, int] = field(default_factory=dict)
    malignant: Presence | None = None
    nowhere: int = 0
    uncounted: int = 0
    remark: str = ""

    def titled(self, name: str) -> str:
        """The source's name with its remark."""
        return f"{name} ({self.remark})" if self.remark else name

    @property
    def by_centre(self) -> bool:
        """Whether its lesions are hit by a candidate's centre."""
        return bool(self.detection and self.detection.lesions)


@dataclass(frozen=True)
class Across:
    """Tumour or none over all sources thrown together: what the source alone gives away beside the model's figure."""

    control_auc: Figure | None
    model_auc: Figure | None
    source_accuracy: float | None  # balanced, of naming the collection from border and histogram
    collections: int = 0


@dataclass(frozen=True)
class Evaluation:
    """One run of one model over held-out records of one kind of image. `seen`: they were trained on, so it flatters.

    releases: the id of each set of weights, in the order of `folds`; several are a cross-validation. gate_seen: the
    gate was trained on some of the records, so that it refuses fewer of them than of others.
    """

    name: str
    version: str
    releases: tuple[str, ...]
    folds: tuple[str, ...]
    engine: str
    seen: bool
    sources: dict[str, Source]
    across: Across | None
    gate_seen: bool = False
    kind: str = Kind.BRAIN_MRI.value

    @property
    def title(self) -> str:
        """Name and version, as they stand beside every figure."""
        return f"{self.name} {self.version}"
