"""Figures of tumours: their outline, type, place, presence and size."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.evaluation.figures.figure import Figure, Point, Precision, Reliability


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
    nothing was found. Where hits are by centre, all is of lesions by their best candidate, and `missed` lesions, which
    have none, are in the confusion alone.
    """

    accuracy: Figure | None
    certain_accuracy: Figure | None
    doubt_share: Figure | None
    doubt: tuple[Point, ...]
    confusion: dict[str, dict[str, int]]
    classes: dict[str, TypeClass]
    mean_precision: Precision
    reliability: Reliability
    missed: int = 0

    @property
    def aucs(self) -> dict[str, TypeClass]:
        """The types whose AUC says something: of two, the second, as the other's is the same."""
        names = list(self.classes)
        return {name: self.classes[name] for name in (names[1:] if len(names) == 2 else names)}


@dataclass(frozen=True)
class LesionGroup:
    """Some lesions of one source, hit by the centre of a candidate; the others count neither way.

    found: share with a reported candidate. froc and sensitivity_at: as of `Detection`.
    """

    count: int
    groups: int  # patients whose lesions they are
    found: Figure | None
    froc: tuple[Point, ...]
    sensitivity_at: dict[str, Figure | None]


@dataclass(frozen=True)
class Detection:
    """Boxes whatever their type, a hit from IoU 0.5 on. froc: (false candidates per image, sensitivity).

    found: share of tumours with a reported box that hits. scores: of all candidates, reported or not, against whether
    they are a tumour in the sense that they were calibrated in (`models.collections.hits`). lesions: where hits are by
    a candidate's centre, each named group by itself; all else but the precision is of all lesions that count.
    """

    precision: Precision
    froc: tuple[Point, ...]
    sensitivity_at: dict[str, Figure | None]  # by false candidates per image
    found: Figure | None = None
    scores: Reliability | None = None
    lesions: dict[str, LesionGroup] = field(default_factory=dict)


@dataclass(frozen=True)
class Presence:
    """Tumour or none (or malignant or not) inside one source; sensitivity and specificity of 'a region is reported'.

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
    """Tumours of one size by equivalent diameter, or lesions by the annotated one; `found`: a reported box hits."""

    size: str
    count: int
    found: Figure | None
    dice: Figure | None
    accuracy: Figure | None
    groups: int | None = None
