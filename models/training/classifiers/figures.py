"""What the evaluation of a classifier of regions says, as frozen dataclasses that go to JSON and back."""

from __future__ import annotations

from dataclasses import dataclass

from models.evaluation.figures import Figure

CARD = "classifier"


@dataclass(frozen=True)
class PartFigures:
    """Over one part. sensitivity: share of each class that is right; confusion[true][said]: pictures.

    calibration_error: of the best class's probability; doubt_share, certain_accuracy: at the classifier's own
    threshold.
    """

    pictures: int
    groups: int
    accuracy: Figure | None
    sensitivity: dict[str, Figure | None]
    confusion: dict[str, dict[str, int]]
    calibration_error: Figure | None
    doubt_share: Figure | None
    certain_accuracy: Figure | None


@dataclass(frozen=True)
class Typed:
    """Slices typed by the best finding; nothing found is wrong, and in doubt. calibration_error: of what was found."""

    accuracy: Figure | None
    doubt_share: Figure | None
    certain_accuracy: Figure | None
    calibration_error: Figure | None


@dataclass(frozen=True)
class PipelineFigures:
    """Slices in the pipeline, which finds the region itself. releases: ids of all that was at work, the gate's too."""

    network: str
    releases: tuple[str, ...]
    fold: int
    slices: int
    groups: int
    own: Typed
    with_classifier: Typed


@dataclass(frozen=True)
class ClassifierFigures:
    """evaluation.json of a classifier's release. `card` chooses its writer; `notes`: what its reader must know.

    temperature, certain_from: the classifier's own, with which `test` and `validation` were measured; those of its
    release differ where it was weighed against a network. config: the shipped one's name, or the file's of another.
    Where an older file lacks a fact, the card does not state it.
    """

    card: str
    network: str
    release: str
    trained_on: dict[str, int]  # pictures by class
    epochs: int
    early_stopping: bool
    seed: int
    fold: int | None  # of the collections, that the test is; None where the folder is somebody's own
    test: PartFigures
    validation: PartFigures
    in_pipeline: PipelineFigures | None
    left_out: int
    notes: tuple[str, ...]
    temperature: float | None = None
    certain_from: float | None = None
    trained_groups: int | None = None
    config: str | None = None
    reweighted: float = 0.0
