"""The classic pipeline learns discs from bars and ends in a release that the pipeline takes."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

import models.training.classifiers.fit
import models.training.classifiers.watching
from models.classifiers.choice import load_classifier
from models.commands.train import train
from models.errors import ReleaseError, TrainingDataError
from models.evaluation.card import render_card
from models.evaluation.card.classifier import classifier_card
from models.pipeline import Pipeline, Source
from models.release import Release
from models.report import Status
from models.training.classifiers.config import ClassifierConfig, load_classifier_config
from models.training.classifiers.export import fit_temperature
from models.training.classifiers.fit import best_epoch, fit, is_over
from models.training.classifiers.folders import read_folder
from models.training.classifiers.preparing import prepare_pictures
from models.training.classifiers.run import train_classifier
from models.training.classifiers.watching import watching
from models.training.progress import read_history

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


def test_the_release_says_of_pictures_what_the_keras_model_says(trained: Path, release: Release) -> None:
    classifier = load_classifier(str(trained / "release"), [release])
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


def test_a_finished_run_is_not_trained_again_and_gives_the_same_release_under_any_name(
    trained: Path, tmp_path: Path
) -> None:
    history, before = read_history(trained), json.loads((trained / "release/release.json").read_text())
    renamed = replace(TINY, name="shapes", version="2.0", kind="mammogram")
    release = train_classifier(renamed, trained.parent / "data", None, trained, tmp_path / "shapes", None)
    assert read_history(trained) == history
    values = json.loads((tmp_path / "shapes/release.json").read_text())
    assert values == {**before, "name": "shapes", "version": "2.0", "kind": "mammogram"}
    assert release.id.startswith("shapes-2.0-")
    card = " ".join(render_card(tmp_path / "shapes").split())
    assert card.startswith("# Model card: shapes 2.0 ")
    assert "behind any network that reads mammogram images" in card


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
        patch.setattr(models.training.classifiers.fit, "watching", lambda *_: nullcontext(Interrupt()))
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


def test_a_card_of_a_classifier_whose_release_was_changed_is_refused(trained: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained / "release", tmp_path / "copy"))
    values = json.loads((copy / "release.json").read_text())
    (copy / "release.json").write_text(json.dumps({**values, "temperature": 9.0}))
    with pytest.raises(ReleaseError, match=r"another release\.json"):
        render_card(copy)


def test_a_card_says_how_to_use_what_it_is_of(trained: Path) -> None:
    card = " ".join((trained / "release/MODEL_CARD.md").read_text().split())
    assert "`ONCOQUEUE_CLASSIFIER=` with the path of this release's folder: it sets whether a region is benign" in card
    assert "by `oncoqueue train classic` with `models/configs/classic.toml`" in card
    figures = evaluation(trained)
    assert f"pictures of {figures['trained_groups']} groups by" in card
    values = json.loads((trained / "release/release.json").read_text())
    other = classifier_card({**values, "types": ["cat", "dog"]}, {**figures, "config": "mine.toml"})
    assert "behind any other the pipeline refuses it" in " ".join(other.split())
    assert "with a config of its own, `mine.toml`" in " ".join(other.split())


def test_a_run_that_was_interrupted_while_reading_pictures_reads_them_again(
    draw_folder: Drawer, tmp_path: Path
) -> None:
    folder, run = read_folder(draw_folder(tmp_path / "data")), tmp_path / "run"
    whole = prepare_pictures(TINY, folder, run)
    (run / "pictures.json").unlink()  # as if it had been killed just before
    next((run / "pictures").rglob("*.png")).unlink()
    assert prepare_pictures(TINY, folder, run) == whole
    assert all(p.file.is_file() for p in whole.pictures)
    picture = cv2.imread(str(tmp_path / "data/benign/00.png"), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(tmp_path / "data/benign/00.png"), 255 - picture)
    with pytest.raises(TrainingDataError, match="begun with other pictures"):
        prepare_pictures(TINY, read_folder(tmp_path / "data"), run)


def test_the_terminal_is_as_it_was_however_a_training_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(
        models.training.classifiers.watching, "Console", lambda stderr: Console(file=screen, force_terminal=True)
    )

    def interrupted() -> None:
        with watching(3, 10) as bar:
            bar.on_epoch_begin(1)
            bar.on_epoch_end(1, {"loss": 0.5})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "Epoch 2 of 3" in screen.getvalue()
    assert screen.getvalue().count("\x1b[?25l") == screen.getvalue().count("\x1b[?25h") == 1  # cursor hidden, shown


def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "glioma").mkdir()
    failed = CliRunner().invoke(train, ["classic", "--data", str(tmp_path), "--run", str(tmp_path / "run")])
    assert failed.exit_code == 1
    assert failed.output.startswith("Error: ")
    assert "one class only" in failed.output
