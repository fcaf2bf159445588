"""A classifier is weighed against the network that it works behind, on whom neither learnt from."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.classifiers.release import load_litert_release
from models.errors import TrainingDataError
from models.evaluation.card import render_card
from models.release import load_release
from models.synthetic import generate_slice
from models.training.classifiers.blending import MOST, Beside, fit_weights
from models.training.classifiers.config import load_classifier_config
from models.training.classifiers.regions import cut_regions
from models.training.classifiers.run import train_classifier

TYPES = ("glioma", "meningioma", "pituitary")
SMALL = replace(load_classifier_config("classic"), size=32, epochs=1, filters=(4,), dense=4)


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic slices of three types, four of each type and fold, each a patient of its own."""
    place = tmp_path_factory.mktemp("collections")
    found = (s for s in map(generate_slice, itertools.count()) if s.lesions)
    rows = []
    for number, scan in enumerate(itertools.islice(found, 24)):
        cv2.imwrite(str(place / f"{number}.png"), scan.pixels)
        cv2.imwrite(str(place / f"{number}-mask.png"), scan.lesions[0].mask.astype(np.uint8) * 255)
        rows.append((f"{number}.png", f"{number}-mask.png", number, number % 2, TYPES[number // 2 % 3]))
    with (place / "images.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "mask", "group", "fold", "label"), *rows])
    return place


def said(truth: np.ndarray, right: float, rng: np.random.Generator) -> np.ndarray:
    """Opinions (n, 3) that are for the truth this often, each with a probability of 0.8."""
    labels = np.where(rng.random(len(truth)) < right, truth, (truth + 1) % 3)
    return np.full((len(truth), 3), 0.1) + 0.7 * np.eye(3)[labels]


def test_an_opinion_that_knows_nothing_gets_no_weight_and_two_good_ones_share_it() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 3000)
    good, better, guess = said(truth, 0.8, rng), said(truth, 0.9, rng), said(truth, 1 / 2, rng)
    own, second = fit_weights(good, better, truth)
    assert 0.3 < own < second <= MOST
    assert fit_weights(guess, better, truth)[0] < 0.15


def test_training_beside_a_network_ends_with_a_weight_and_figures_inside_the_pipeline(
    collections: Path, tmp_path: Path
) -> None:
    network = load_release("brain-mri")
    cut_regions(collections, tmp_path / "regions", 32, network.held_out_fold, lambda number, of: None)
    out = tmp_path / "release"
    train_classifier(SMALL, tmp_path / "regions", None, tmp_path / "run", out, Beside(network, collections))
    figures = json.loads((out / "evaluation.json").read_text())["in_pipeline"]
    assert figures["slices"] == 12
    assert 0 <= load_litert_release(out).own_weight <= MOST
    assert "Inside the pipeline" in render_card(out)


def test_pictures_cut_for_another_fold_are_refused(
    collections: Path, tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    beside = Beside(load_release("brain-mri"), collections)
    cut_regions(collections, tmp_path / "regions", 32, 1, lambda number, of: None)
    with pytest.raises(TrainingDataError, match="cut them with --fold 0"):
        train_classifier(SMALL, tmp_path / "regions", None, tmp_path / "run", tmp_path / "out", beside)
    with pytest.raises(TrainingDataError, match="which fold was left out"):
        train_classifier(SMALL, draw_folder(tmp_path / "own"), None, tmp_path / "run", tmp_path / "out", beside)
