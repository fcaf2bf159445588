"""What the gate's limits need is asked for before anything is computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from models.commands.train import train
from models.errors import TrainingDataError
from models.report import Kind
from models.synthetic import draw_slice
from models.training.gate.limits import require_left_out
from models.training.gate.pictures import Picture

BRAIN = Picture(Kind.BRAIN_MRI, "brain_lgg", "patient", fold=1, number=0, variant=0)


def test_images_of_ones_own_do_not_replace_a_collection_that_is_left_out(tmp_path: Path) -> None:
    data = tmp_path / "mine"
    data.mkdir()
    cv2.imwrite(str(data / "0.png"), np.asarray(draw_slice(0, size=64).pixels))
    (data / "images.csv").write_text("image,label,group,fold\n0.png,,p0,1\n")
    said = CliRunner().invoke(train, ["gate", "--data", str(data), "--run", str(tmp_path / "run")])
    assert said.exit_code == 1
    assert "none of brain_t1ce, brain_lgg, brain_br35h outside of fold 0" in said.output
    assert not (tmp_path / "run" / "features.npz").exists()


def test_one_collection_is_enough_unless_it_is_held_out_or_unseen() -> None:
    require_left_out([BRAIN], fold=0)
    for picture in (replace(BRAIN, fold=0), replace(BRAIN, unseen=True), replace(BRAIN, source="mine")):
        with pytest.raises(TrainingDataError, match="leaving out a collection"):
            require_left_out([picture], fold=0)


def test_a_config_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('name = "gate"\nspeed = 3\n')
    said = CliRunner().invoke(train, ["gate", "--data", str(tmp_path), "--config", str(tmp_path / "own.toml")])
    assert said.exit_code == 1
    assert "own.toml cannot be read" in said.output
    assert "'speed'" in said.output
