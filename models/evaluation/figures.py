"""What an evaluation says, as frozen dataclasses that go to JSON and back. Needs no library, so that cards need none.

A figure that the slices at hand do not define (no tumour-free slice, one class only) is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Point = tuple[float, float]
"""(x, y) of a curve."""


@dataclass(frozen=True)
class Figure:
    """A figure with the interval that 95 % of the resampled patient groups give, and how many slices it is over."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class Bin:
    """Slices whose said probability lies in one tenth: the mean said, the share that came true, how many."""

    said: float
    seen: float
    count: int


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram and its expected calibration error (ECE, Naeini 2015) over ten equal-width bins."""

    error: Figure | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Precision:
    """Average precision of boxes at IoU 0.5, and its mean over IoU 0.50, 0.55 ... 0.95, as COCO defines them."""

    at_50: Figure | None
    at_50_to_95: Figure | None


@dataclass(frozen=True)
class Outlines:
    """Dice of the reported outlines with the true one: 0 where nothing was reported. `histogram`: 20 equal bins."""

    mean: Figure | None
    median: Figure | None
    quartiles: tuple[float, float]
    histogram: tuple[int, ...]


@dataclass(frozen=True)
class TypeClass:
    """One type against the rest, decided by the best finding. groups: how many patients its slices are of."""

    count: int
    sensitivity: Figure | None
    specificity: Figure | None
    auc: Figure | None
    roc: tuple[Point, ...]
    precision: Precision
    dice: Figure | None
    groups: int | None = None


@dataclass(frozen=True)
class Types:
    """How well the type is told. Nothing found counts as wrong and as most in doubt.

    certain_accuracy, doubt_share: with the threshold of doubt that ships. doubt: (share of slices set aside as most in
    doubt, accuracy on the rest), whatever that threshold. confusion[true][said] counts slices, said 'none' where
    nothing was found.
    """

    accuracy: Figure | None
    certain_accuracy: Figure | None
    doubt_share: Figure | None
    doubt: tuple[Point, ...]
    confusion: dict[str, dict[str, int]]
    classes: dict[str, TypeClass]
    mean_precision: Precision
    reliability: Reliability


@dataclass(frozen=True)
class Detection:
    """Boxes whatever their type, a hit from IoU 0.5 on. froc: (false candidates per image, sensitivity).

    found: share of tumours with a reported box that hits. scores: of all candidates, reported or not, against whether
    they are a tumour in the sense that they were calibrated in (`models.collections.hits`).
    """

    precision: Precision
    froc: tuple[Point, ...]
    sensitivity_at: dict[str, Figure | None]  # by false candidates per image
    found: Figure | None = None
    scores: Reliability | None = None


@dataclass(frozen=True)
class Presence:
    """Tumour or none inside one source; sensitivity and specificity of 'a region is reported'.

    control_auc: of a classifier that sees the image's border and grey-value histogram alone.
    """

    auc: Figure | None
    sensitivity: Figure | None
    specificity: Figure | None
    false_regions: Figure | None
    roc: tuple[Point, ...]
    reliability: Reliability
    control_auc: Figure | None


@dataclass(frozen=True)
class SizeRow:
    """Tumours of one size by equivalent diameter; `found`: a reported box with IoU 0.5 or more."""

    size: str
    count: int
    found: Figure | None
    dice: Figure | None
    accuracy: Figure | None
    groups: int | None = None


@dataclass(frozen=True)
class Source:
    """One source. Refused tumours count as missed; refused tumour-free images are left out of the figures.

    unknown_types: tumours by types that the model cannot say; they are no part of the figures of `types`.
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


@dataclass(frozen=True)
class Across:
    """Tumour or none over all sources thrown together: what the source alone gives away beside the model's figure."""

    control_auc: Figure | None
    model_auc: Figure | None
    source_accuracy: float | None  # balanced, of naming the collection from border and histogram
    collections: int = 0


@dataclass(frozen=True)
class Evaluation:
    """One run of one model over held-out records. `seen`: the records were trained on, so the figures flatter.

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

    @property
    def title(self) -> str:
        """Name and version, as they stand beside every figure."""
        return f"{self.name} {self.version}"
