"""What each preprocessing step gives: the held-out fold again, with one step left out at a time.

The network met scans without a denoised, enhanced or normalised step while it was trained, so the comparison asks what
the step adds and not what a surprise costs. The crop is the exception: training always cropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.evaluation.metrics import mean_dice, type_accuracy
from models.evaluation.outcomes import run_outcomes
from models.pipeline import Pipeline
from models.release import Release
from models.training.sources import Record

STEPS = ("crop", "denoise", "enhance", "normalise")


@dataclass(frozen=True)
class AblationRow:
    """Figures of the typed collection with the step `without` left out ('' leaves out none)."""

    without: str
    type_accuracy: float
    dice: float


def ablate(release: Release, records: Sequence[Record]) -> list[AblationRow]:
    """The full recipe first, then each step left out. Calibration stays as it is."""
    return [_row(release, step, records) for step in ("", *STEPS)]


def _row(release: Release, step: str, records: Sequence[Record]) -> AblationRow:
    recipe = release.recipe.without(step) if step else release.recipe
    with Pipeline.load("litert", release=replace(release, recipe=recipe)) as pipeline:
        outcomes = run_outcomes(pipeline, records)
    return AblationRow(step, type_accuracy(outcomes), mean_dice(outcomes))
