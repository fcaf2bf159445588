"""What the evaluation of a classifier of regions says, as frozen dataclasses that go to JSON and back."""

from __future__ import annotations

from dataclasses import dataclass

from models.evaluation.figures import Figure

CARD = "classifier"


@dataclass(frozen=True)
class PartFigures:
    """Over one part. sensitivity: share of each class that is right; confusion[true][said]: pictures.

    calibration_error: of the best class's probability; doubt_share, certain_accuracy: at the release's threshold.
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
class PipelineFigures:
    """Slices typed right by the pipeline, which finds the region itself; nothing found is wrong."""

    network: str
    fold: int
    slices: int
    own: Figure | None
    with_classifier: Figure | None


@dataclass(frozen=True)
class ClassifierFigures:
    """evaluation.json of a classifier's release. `card` chooses its writer; `notes`: what its reader must know."""

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
