"""Calibration examples from a pack, where the collections themselves are not at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from models.collections import Record
from models.engines import Engine
from models.preprocessing import enhance_steps
from models.release import Release
from models.training.batches import unpacked
from models.training.examples import Example
from models.training.packing import Pack
from models.training.truth_values import IGNORED, is_tumour


def run_packed(pack: Pack, chosen: Sequence[int], release: Release, engine: Engine) -> list[Example]:
    """Run the chosen images, which the pack has cropped already and resized once more than inference does."""
    return [_run_one(pack, i, release, engine) for i in chosen]


def _run_one(pack: Pack, index: int, release: Release, engine: Engine) -> Example:
    height, width = release.recipe.shape
    steps = enhance_steps(unpacked(pack.images[index], (height, width)), release.recipe)
    mask = cv2.resize(pack.masks[index], (width, height), interpolation=cv2.INTER_NEAREST)
    field = np.ones(mask.shape, bool)  # a pack does not say it; where it matters, lesions have to be known, too
    return Example(_record(pack, index), engine.predict(steps.network_input[None]), mask >= IGNORED, field)


def _record(pack: Pack, index: int) -> Record:
    """What is known of the image; its outline, where it has one, is in the pack."""
    outlined = bool(is_tumour(pack.masks[index]).any())
    return Record(
        Path(),
        pack.pools[index],
        pack.groups[index],
        pack.folds[index],
        pack.tumours[index],
        pack.labels[index],
        mask=Path() if outlined else None,
    )
