"""`oncoqueue pack` and `oncoqueue train MODEL`: what they need, and where they put things."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from models.commands.pack import pack
from models.commands.train import train
from models.commands.train_network import train_network
from models.synthetic import draw_slice
from models.training.config import Config
from models.training.packing import load_pack


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    folder.mkdir()
    with (folder / "images.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "label", "group", "fold"])
        for i in range(3):
            cv2.imwrite(str(folder / f"{i}.png"), np.asarray(draw_slice(i, size=64).pixels))
            rows.writerow([f"{i}.png", "", f"p{i}", i])
    return folder


def packed(*arguments: object) -> Result:
    return CliRunner().invoke(pack, [str(a) for a in arguments])


def trained(*arguments: object) -> Result:
    return CliRunner().invoke(train_network, [str(a) for a in arguments])


@pytest.mark.parametrize("options", [(), ("--compact",)])
def test_a_collection_is_packed_into_a_new_folder(collection: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    said = packed("--data", collection, "--out", tmp_path / "made", *options)
    assert said.output.startswith(f"3 images are in {tmp_path / 'made'}")
    assert ("piece-00.npz 0.0 MiB" in said.output) == bool(options)
    assert load_pack(tmp_path / "made").groups == ["p0", "p1", "p2"]


def test_no_folder_is_written_over(collection: Path, tmp_path: Path) -> None:
    said = packed("--data", collection, "--out", collection)
    assert said.exit_code == 1
    assert "exists already" in said.output


def test_training_needs_collections_or_a_pack(tmp_path: Path) -> None:
    said = trained("brain-mri", "--packed", tmp_path)
    assert said.exit_code == 2
    assert "--data, or a pack made by `oncoqueue pack`" in said.output


def test_a_fold_is_a_number_or_all(collection: Path) -> None:
    said = trained("brain-mri", "--data", collection, "--fold", "-2")
    assert said.exit_code == 2
    assert "it is a number, or 'all'" in said.output


@pytest.mark.parametrize(
    ("options", "fold", "run"),
    [
        ((), 0, "runs/brain-mri"),
        (("--fold", "2"), 2, "runs/brain-mri-fold2"),
        (("--fold", "all"), -1, "runs/brain-mri-all"),
        (("--fold", "1", "--run", "elsewhere"), 1, "elsewhere"),
    ],
)
def test_each_fold_has_a_run_of_its_own(
    collection: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], fold: int, run: str
) -> None:
    class Begun(Exception):
        pass

    def begin(config: Config, data: Path, packs: Path, run: Path, out: Path) -> None:
        raise Begun(config.fold, str(run), str(out))

    monkeypatch.setattr("models.training.run.train_release", begin)
    said = trained("brain-mri", "--data", collection, *options)
    assert isinstance(said.exception, Begun)
    assert said.exception.args == (fold, run, f"{run}/release/brain-mri")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing", "--data", "collection"), "There is no config"),
        (("brain-mri", "--data", "empty"), "holds no collection"),
        (("brain-mri", "--data", "collection", "--fold", "7"), "No image lies in fold 7"),
        (("brain-mri", "--data", "collection"), "would train on none of 3 images of 'collection'"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(
    collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    result = CliRunner().invoke(train, list(arguments))
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert said in result.output
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_holds_no_collection_is_not_packed(tmp_path: Path) -> None:
    said = packed("--data", tmp_path, "--out", tmp_path / "made")
    assert said.exit_code == 1
    assert "holds no collection" in said.output
