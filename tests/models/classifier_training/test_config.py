"""One config a classifier; an own one says what differs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.commands.train import train
from models.errors import TrainingDataError
from models.training.classifiers.config import ClassifierConfig, load_classifier_config
from models.training.classifiers.generators import training_generator


def written(place: Path, text: str) -> Path:
    (place / "mine.toml").write_text(text)
    return place / "mine.toml"


@pytest.mark.parametrize("name", ["classic", "type"])
def test_an_own_config_changes_what_it_names_and_nothing_else(name: str, tmp_path: Path) -> None:
    shipped = load_classifier_config(name)
    own = load_classifier_config(name, written(tmp_path, "filters = [8, 16]\nlearning_rate = 1\n[augmentation]\n"))
    wanted = replace(shipped, filters=(8, 16), learning_rate=1, augmentation={}, source="mine.toml")
    assert own == wanted
    assert shipped.source == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epochs = 'many'", "epochs is 'many'; it takes a whole number"),
        ("epoch = 5", "epoch is no setting here"),
        ("filters = [16, 0]", "filters"),
        ("early_stopping = 1", "it takes true or false"),
        ("epochs = 0", "epochs is 0; it can be 1 to"),
        ("network = 'resnet'", "it can be sequential or efficientnet-lite0"),
        ("name = 'a+b'", "name is 'a+b'; it takes letters"),
        ("filters = [8, 8, 8, 8, 8, 8, 8, 8]", "take fewer filters"),
        ("kind = 'x-ray'", "kind is 'x-ray'; it can be brain-mri, mammogram, chest-xray"),
        ("epochs = ", "cannot be read"),
    ],
)
def test_what_is_no_config_is_refused_in_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError) as caught:
        load_classifier_config("classic", written(tmp_path, text))
    assert said in str(caught.value)


def test_an_augmentation_that_does_not_exist_is_refused() -> None:
    config = replace(load_classifier_config("classic"), augmentation={"rotate": 20})
    with pytest.raises(TrainingDataError, match=r"does not take the config's .augmentation.*rotate"):
        training_generator(config)


def test_options_go_before_the_config_and_the_name_says_where_things_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Begun(Exception):
        pass

    def begin(config: ClassifierConfig, data: Path, test: None, run: Path, out: Path, beside: None) -> None:
        raise Begun(config.epochs, config.version, config.seed, config.early_stopping, str(run), str(out))

    monkeypatch.setattr("models.training.classifiers.run.train_classifier", begin)
    config = written(tmp_path, "name = 'mine'\nepochs = 7\nseed = 3\nearly_stopping = true\n")
    options = ["--data", str(tmp_path), "--config", str(config), "--epochs", "9", "--version", "2"]
    said = CliRunner().invoke(train, ["classic", *options])
    assert isinstance(said.exception, Begun)
    assert said.exception.args == (9, "2", 3, True, "runs/mine", "runs/mine/release/mine")


def test_pictures_are_needed_to_train_and_a_release_to_measure_again(tmp_path: Path) -> None:
    assert "Name the pictures with --data" in CliRunner().invoke(train, ["classic"]).output
    said = CliRunner().invoke(train, ["type", "--measure-only", "--out", str(tmp_path)])
    assert said.exit_code == 2
    assert "--collections" in said.output
