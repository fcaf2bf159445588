"""What training leaves in a release beside its weights: whom it was made with, and what its card says of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import models.training.run
from models.errors import TrainingDataError
from models.evaluation.released import Made
from models.known_patients import FILE, load_known_patients
from models.release import NO_FOLD, Release
from models.training.choices import design
from models.training.config import Config, load_config
from models.training.made import made_by
from models.training.packing import Pack, save_pack
from models.training.run import train_release
from models.training.splitting import split

LABELS = ("glioma", "meningioma", "pituitary", None)


@pytest.fixture(scope="module")
def pack() -> Pack:
    """40 patients of a folder, two slices each, in four folds; every fourth has no tumour."""
    labels = [LABELS[i // 2 % 4] for i in range(80)]
    squares = np.zeros((80, 8, 8), np.uint8)
    return Pack(
        squares, squares, ["mine"] * 80, [f"p{i // 2}" for i in range(80)], [i // 8 % 4 for i in range(80)],
        [label is not None for label in labels], labels,
    )  # fmt: skip


@pytest.fixture
def config() -> Config:
    return replace(load_config("brain-mri"), per_epoch={"mine": 0})


@pytest.mark.parametrize("fold", [2, NO_FOLD])
def test_training_notes_every_patient_whom_it_was_given_before_anything_is_measured(
    release: Release, config: Config, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fold: int
) -> None:
    """Of the run itself only the hours are left out: fitting, export and calibration."""

    def exported(config: Config, model: object, out: Path) -> Release:
        return replace(release, folder=Path(shutil.copytree(release.folder, out)), held_out_fold=config.fold)

    noted: list[Made] = []
    save_pack(pack, tmp_path / "pack")
    with monkeypatch.context() as patch:
        patch.setattr(models.training.run, "fit", lambda *_: None)
        patch.setattr(models.training.run, "draw_curves", lambda run: None)
        patch.setattr(models.training.run, "export_release", exported)
        patch.setattr(models.training.run, "calibrate_release", lambda release, *_: release)
        patch.setattr(models.training.run, "ship_figures", lambda release, made, records: noted.append(made))
        made = train_release(replace(config, fold=fold), None, tmp_path / "pack", tmp_path / "run", tmp_path / "out")
    patients = load_known_patients(tmp_path / "out")
    assert patients
    known = [patients.knows(f"mine/{group}") for group in pack.groups]
    assert known == [f != fold for f in pack.folds]
    drawn = split(pack.groups, pack.folds, pack.kinds, fold, config.calibration_share)
    assert [i for i, g in enumerate(pack.groups) if patients.calibrated_on(f"mine/{g}")] == drawn.calibration
    assert noted[0].sources == ("mine",)
    assert "p1" not in (tmp_path / "out" / FILE).read_text()
    assert made.folder == tmp_path / "out"


def test_a_pack_of_another_folder_is_refused_though_its_patients_have_the_same_names(
    config: Config, pack: Pack, tmp_path: Path
) -> None:
    """Whom the release notes would be of the pack's folder, so that all of these would pass as unknown to it."""
    save_pack(pack, tmp_path / "pack")
    (tmp_path / "yours").mkdir()
    cv2.imwrite(str(tmp_path / "yours/a.png"), pack.images[0])
    lines = [f"a.png,,{group},0" for group in set(pack.groups)]
    (tmp_path / "yours/images.csv").write_text("\n".join(["image,label,group,fold", *lines]))
    with pytest.raises(TrainingDataError, match="nobody to calibrate on is in both"):
        train_release(config, tmp_path / "yours", tmp_path / "pack", tmp_path / "run", tmp_path / "out")


def test_a_card_is_told_what_decided_the_weights_and_whose_limits_are_theirs(config: Config, pack: Pack) -> None:
    made = made_by(config, pack, range(8))
    assert made.calibration == "2 glioma, 2 meningioma, 2 pituitary slices of known type"
    assert made.limits == ()
    assert made.collections == ("Images listed in a folder mine, of which nothing else is known here.",)
    assert made.shipped_config is False
    assert made.design == design(config) != design(load_config("brain-mri"))
    assert made_by(load_config("brain-mri", 3), pack, ()).shipped_config is True
    ours = made_by(config, replace(pack, pools=["brain_lgg/free"] * 80), ())
    assert ours.sources == ("brain_lgg",)
    assert [limit.count("glioma") for limit in ours.limits] == [1]
    assert "CC BY-NC-SA" in ours.collections[0]
