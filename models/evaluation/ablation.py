"""What each preprocessing step gives: the held-out fold again, with one step left out at a time.

The network met scans without a denoised, enhanced or normalised step while it was trained, so the comparison asks what
the step adds and not what a surprise costs. The crop is the exception: training always cropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.collections import Record
from models.evaluation.outcomes import run_outcomes
from models.evaluation.released import AblationRow
from models.pipeline import Pipeline
from models.release import Release

STEPS = ("crop", "denoise", "enhance", "normalise")


def ablate(release: Release, records: Sequence[Record]) -> tuple[AblationRow, ...]:
    """The full recipe first, then each step left out, over records of known type. Calibration stays as it is."""
    return tuple(_row(release, step, records) for step in ("", *STEPS))


def _row(release: Release, step: str, records: Sequence[Record]) -> AblationRow:
    recipe = release.recipe.without(step) if step else release.recipe
    with Pipeline.load("litert", releases=[replace(release, recipe=recipe)]) as pipeline:
        outcomes = list(run_outcomes(pipeline, records))
    dices = [o.dice for o in outcomes if o.dice is not None]
    return AblationRow(step, float(np.mean([o.typed_right for o in outcomes])), float(np.mean(dices)))
