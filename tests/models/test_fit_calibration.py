"""Calibration fitted on made-up outputs whose right answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.calibration import Calibration
from models.candidates import find_candidates, tumour_features
from models.collections import TYPED_POOL, Record
from models.engines.base import HeadOutputs
from models.errors import TrainingDataError
from models.training.calibrate import MOST_FALSE_REGIONS, Example, fit_calibration

TYPES = ("glioma", "meningioma", "pituitary")
GRID, SIZE = 64, 128


def example(rng: np.random.Generator, tumour: bool, seen: bool = True) -> Example:
    """A slice with a blob at its tumour, often a fainter false blob, and type logits that are mostly right."""
    region = rng.normal(-6, 0.5, (1, GRID, GRID)).astype(np.float32)
    truth = np.zeros((SIZE, SIZE), bool)
    kind = int(rng.integers(3))
    if tumour:
        truth[30:70, 40:80] = True
        region[0, 15:35, 20:40] = rng.normal(2.5 if seen else -1.5, 0.3)
    if rng.random() < 0.5:
        region[0, 48:58, 48:58] = rng.normal(-0.5, 0.8)
    types = rng.normal(0, 1, 3) + 4 * (np.arange(3) == kind)
    output = HeadOutputs(
        region,
        np.broadcast_to(types, (1, GRID, GRID, 3)).astype(np.float32),
        np.array([rng.normal(2 if tumour else -2, 0.7)]),
        types[None] + rng.normal(0, 2, (1, 3)),
    )
    pool = TYPED_POOL if tumour else "free"
    mask = Path("outline.png") if tumour else None
    return Example(Record(Path("x"), pool, "g", 1, tumour, TYPES[kind] if tumour else None, mask), output, truth)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    rng = np.random.default_rng(5)
    return [example(rng, tumour=i % 2 == 0, seen=i % 10 != 0) for i in range(200)]


@pytest.fixture(scope="module")
def calibration(examples: list[Example]) -> Calibration:
    return fit_calibration(examples, TYPES)


def test_scores_and_tumour_probabilities_mean_what_they_say(examples: list[Example], calibration: Calibration) -> None:
    said, seen = [], []
    for e in examples:
        found = find_candidates(e.output, SIZE, calibration)
        said.append(float(calibration.tumour(tumour_features(found, e.output)[None])[0]))
        seen.append(e.record.tumour)
    assert np.mean(said) == pytest.approx(np.mean(seen), abs=0.03)
    assert np.mean([p for p, s in zip(said, seen, strict=True) if s]) > 0.8


def test_the_true_region_outscores_the_false_one(examples: list[Example], calibration: Calibration) -> None:
    best = [find_candidates(e.output, SIZE, calibration)[0] for e in examples if e.record.tumour]
    assert np.mean([c.mask[50, 60] for c in best]) > 0.85


def test_few_regions_are_reported_on_tumour_free_slices(examples: list[Example], calibration: Calibration) -> None:
    shown = []
    for e in (e for e in examples if not e.record.tumour):
        found = find_candidates(e.output, SIZE, calibration)
        p = float(calibration.tumour(tumour_features(found, e.output)[None])[0])
        shown.append(sum(calibration.reports(rank, c.score, p) for rank, c in enumerate(found)))
    assert np.mean(shown) <= MOST_FALSE_REGIONS


def test_the_types_in_doubt_are_few(examples: list[Example], calibration: Calibration) -> None:
    best = [find_candidates(e.output, SIZE, calibration)[0] for e in examples if e.record.tumour]
    sure = np.array([c.probabilities.max() >= calibration.certain_from for c in best])
    assert (~sure).mean() <= 0.11


def test_a_network_that_finds_nothing_cannot_be_calibrated(examples: list[Example]) -> None:
    blind = [replace(e, output=replace(e.output, region=np.full((1, GRID, GRID), -9, np.float32))) for e in examples]
    with pytest.raises(TrainingDataError, match="finds no tumour of known type"):
        fit_calibration(blind, TYPES)


def test_scores_need_wrong_regions_beside_right_ones() -> None:
    rng = np.random.default_rng(1)
    clear = [e for e in (example(rng, tumour=True) for _ in range(40)) if e.output.region[0, 48:58, 48:58].max() < -4]
    with pytest.raises(TrainingDataError, match="right and wrong examples"):
        fit_calibration(clear, TYPES)
