"""What evaluation.json of a region release holds: how it was made, and its figures. Needs no library, as `figures`."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.evaluation.figures import Evaluation


@dataclass(frozen=True)
class AblationRow:
    """Figures of the typed source with the step `without` left out ('' leaves out none).

    Where lesions are hit by a candidate's centre, `found` in the place of dice: the share found at one false candidate
    per image.
    """

    without: str
    type_accuracy: float | None
    dice: float | None
    found: float | None = None


@dataclass(frozen=True)
class Made:
    """How weights came about, for their card. calibration: slices by label that fitted it, in words.

    fold: the held-out one; 'none' where the weights were trained on every fold. shipped_config: the config was the one
    of that name in models/configs. left_out: by preprocessing step, the share of training images that went without it.
    limits: those that follow from the collections. sources: the collections by name. design: a digest of the config but
    for what sister trainings differ in; on no card. begins_from: name and version of the release that it began with, if
    any. Where an older file lacks a fact, its card does not state it.
    """

    config: str
    seed: int
    epochs: int
    size: int
    fold: str
    calibration: str
    synthetic: int
    collections: tuple[str, ...]
    notes: tuple[str, ...]
    shipped_config: bool | None = None
    left_out: dict[str, float] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    design: str = ""
    begins_from: str = ""


@dataclass(frozen=True)
class ReleaseFigures:
    """evaluation.json of a region release, but for the digest of its release.json. `card` chooses its card's writer.

    evaluations: of these very weights on their held-out fold, the engine that ships first; empty where none was held
    out. cross_validation: of sister weights of the same design, each on its own held-out fold.
    """

    card: str
    release: str
    made: Made
    evaluations: tuple[Evaluation, ...]
    cross_validation: Evaluation | None
    ablation: tuple[AblationRow, ...]
