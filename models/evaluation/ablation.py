"""What each preprocessing step gives: the held-out fold again, with one step left out at a time.

The network met scans without a denoised, enhanced or normalised step while it was trained, so the comparison asks what
the step adds and not what a surprise costs. The crop is the exception: training always cropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.collections import Record, several_types
from models.evaluation.outcomes import Outcome, run_outcomes
from models.evaluation.placed import by_centre
from models.evaluation.released import AblationRow
from models.pipeline import Pipeline
from models.release import Release

STEPS = ("crop", "denoise", "enhance", "normalise")


def ablatable(records: Sequence[Record]) -> list[Record]:
    """Those that show what a step gives: of pools with several types; all where lesions are hit by their centre."""
    typed = several_types((r.pool, r.label) for r in records)
    return [r for r in records if r.pool in typed or (typed and r.by_centre)]


def ablate(release: Release, records: Sequence[Record]) -> tuple[AblationRow, ...]:
    """The full recipe first, then each step left out, over `ablatable` records. Calibration stays as it is."""
    return tuple(_row(release, step, records) for step in ("", *STEPS))


def _row(release: Release, step: str, records: Sequence[Record]) -> AblationRow:
    recipe = release.recipe.without(step) if step else release.recipe
    with Pipeline.load("litert", releases=[replace(release, recipe=recipe)]) as pipeline:
        return ablation_row(step, list(run_outcomes(pipeline, records)), release.types)


def ablation_row(step: str, outcomes: Sequence[Outcome], types: Sequence[str]) -> AblationRow:
    """What is left without `step`."""
    if outcomes[0].record.by_centre:
        placed = by_centre(outcomes, types, {})
        found = placed.detection.sensitivity_at["1"] if placed.detection else None
        right = placed.types.accuracy if placed.types else None
        return AblationRow(step, right.value if right else None, None, found.value if found else None)
    dices = [o.dice for o in outcomes if o.dice is not None]
    typed = [o.typed_right for o in outcomes if o.record.label in types]
    return AblationRow(step, float(np.mean(typed)) if typed else None, float(np.mean(dices)) if dices else None)
