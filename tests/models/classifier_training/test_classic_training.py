"""The classic pipeline learns discs from bars and ends in a release that the pipeline takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from click.testing import CliRunner

import models.training.classifiers.fit
from models.classifiers.choice import load_classifier
from models.commands.train import train
from models.errors import TrainingDataError
from models.evaluation.card import render_card
from models.pipeline import Pipeline, Source
from models.report import Status
from models.training.classifiers.config import ClassifierConfig, load_classifier_config
from models.training.classifiers.export import fit_temperature
from models.training.classifiers.fit import best_epoch, fit, is_over, read_history
from models.training.classifiers.run import train_classifier

Drawer = Callable[..., Path]
TINY = replace(
    load_classifier_config("classic"),
    size=32, epochs=10, batch=8, filters=(8, 16), dense=16, dropout=0.2, learning_rate=5e-3,
    augmentation={"width_shift_range": 0.05, "horizontal_flip": True},
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(draw_folder: Drawer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a finished training; its release is in `release`."""
    place = tmp_path_factory.mktemp("classic")
    data = draw_folder(place / "data")
    (data / "benign/notes.txt").write_text("not a picture")
    train_classifier(TINY, data, None, place / "run", place / "run/release", None)
    return place / "run"


def evaluation(run: Path) -> dict:
    return json.loads((run / "release/evaluation.json").read_text())


def test_it_learns_shapes_that_it_never_saw(trained: Path) -> None:
    test = evaluation(trained)["test"]
    assert test["pictures"] == 8
    assert test["groups"] == 4
    assert test["accuracy"]["value"] == 1
    assert test["confusion"] == {"benign": {"benign": 4, "malignant": 0}, "malignant": {"benign": 0, "malignant": 4}}
    assert evaluation(trained)["left_out"] == 1


def test_curves_and_confusion_are_drawn_and_the_history_has_each_epoch(trained: Path) -> None:
    assert all(cv2.imread(str(trained / name)) is not None for name in ("curves.png", "confusion.png"))
    history = read_history(trained)
    assert [line["epoch"] for line in history] == list(range(1, 11))
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(history[0])


def test_the_release_works_in_the_pipeline(trained: Path, scan_files: list[Path]) -> None:
    with Pipeline.load("litert", classifier=str(trained / "release")) as pipeline:
        (analysis,) = pipeline.analyse([Source("a", scan_files[0])])
    assert analysis.report.status is Status.DONE
    assert analysis.report.model
    assert analysis.report.model.name == "brain-mri+classic"


def test_the_release_says_of_pictures_what_the_keras_model_says(trained: Path) -> None:
    classifier = load_classifier(str(trained / "release"), ())
    pictures = np.stack([cv2.imread(str(f), 0) for f in sorted((trained / "pictures/test").rglob("*.png"))])
    model = keras.saving.load_model(trained / "checkpoint.keras")
    reference = model.predict(pictures[..., None] / 255, verbose=0) ** (1 / classifier.release.temperature)
    reference /= reference.sum(axis=1, keepdims=True)
    assert np.abs(classifier.of_pictures(pictures) - reference).max() < 0.05


def test_the_card_is_made_of_the_release_and_its_evaluation_alone(trained: Path) -> None:
    card = (trained / "release/MODEL_CARD.md").read_text()
    assert card == render_card(trained / "release")
    assert "Research use only" in card
    assert evaluation(trained)["release"] in card


def test_a_finished_run_is_not_trained_again_and_gives_the_same_release(trained: Path) -> None:
    before = (trained / "release/release.json").read_bytes()
    lines = len(read_history(trained))
    train_classifier(TINY, trained.parent / "data", None, trained, trained / "release", None)
    assert len(read_history(trained)) == lines
    assert (trained / "release/release.json").read_bytes() == before


def test_other_settings_or_pictures_do_not_go_on_with_the_run(trained: Path) -> None:
    with pytest.raises(TrainingDataError, match="begun with other pictures or settings"):
        train_classifier(replace(TINY, seed=1), trained.parent / "data", None, trained, trained / "release", None)


def test_an_interrupted_run_goes_on_to_the_very_same_weights(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
            if epoch == 3:
                raise KeyboardInterrupt

    classes = ("benign", "malignant")
    with monkeypatch.context() as patch:
        patch.setattr(models.training.classifiers.fit, "watcher", lambda *_: Interrupt())
        with pytest.raises(KeyboardInterrupt):
            fit(TINY, trained / "pictures", classes, tmp_path)
    assert len(read_history(tmp_path)) == 4
    resumed = fit(TINY, trained / "pictures", classes, tmp_path)
    whole = keras.saving.load_model(trained / "checkpoint.keras")
    assert read_history(tmp_path) == read_history(trained)
    for a, b in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_early_stopping_waits_for_its_patience_and_takes_the_best_epoch() -> None:
    config: ClassifierConfig = replace(TINY, early_stopping=True, patience=2, epochs=9)
    history = [{"epoch": i + 1, "val_loss": loss} for i, loss in enumerate((0.9, 0.5, 0.6, 0.7))]
    assert best_epoch(history) == 2
    assert not is_over(history[:3], config)
    assert is_over(history, config)
    assert not is_over(history, replace(config, early_stopping=False))


def test_the_temperature_undoes_what_was_overconfident() -> None:
    rng = np.random.default_rng(0)
    true = rng.dirichlet((1, 1, 1), 4000)
    truth = np.array([rng.choice(3, p=p) for p in true])
    sharp = true**3 / (true**3).sum(axis=1, keepdims=True)
    assert fit_temperature(sharp, truth) == pytest.approx(3, rel=0.1)


def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "glioma").mkdir()
    failed = CliRunner().invoke(train, ["classic", "--data", str(tmp_path), "--run", str(tmp_path / "run")])
    assert failed.exit_code == 1
    assert failed.output.startswith("Error: ")
    assert "one class only" in failed.output
