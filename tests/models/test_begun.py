"""A run goes on with what it was begun with, and with nothing else."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.errors import ReleaseError
from models.preprocessing import Recipe
from models.release import Release
from models.training.begun import NOTE, require_same_run
from models.training.config import Config, load_config
from models.training.packed_synthetic import pack_synthetic
from models.training.packing import Pack
from models.training.variation import UNVARIED, Variation

TRAIN = [0, 2]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return replace(pack_synthetic(3, Recipe(), seed=1, height=32), digest="of these pixels")


@pytest.fixture(scope="module")
def config() -> Config:
    return replace(load_config("brain-mri"), variation=UNVARIED)


@pytest.fixture
def run(pack: Pack, config: Config, tmp_path: Path) -> Path:
    require_same_run(config, pack, TRAIN, tmp_path)
    return tmp_path


def rewritten(note: Path, *without: str) -> None:
    values = json.loads(note.read_text())
    note.write_text(json.dumps({key: value for key, value in values.items() if key not in without}, indent=1) + "\n")


def test_a_run_goes_on_whatever_does_not_touch_its_weights(pack: Pack, config: Config, run: Path) -> None:
    begun = (run / NOTE).read_bytes()
    require_same_run(replace(config, workers=7, notes=("said later",)), pack, TRAIN, run)
    assert (run / NOTE).read_bytes() == begun


@pytest.mark.parametrize("change", ["seed", "variation", "images", "facts", "pixels"])
def test_a_run_is_not_gone_on_with_on_anything_else(pack: Pack, config: Config, run: Path, change: str) -> None:
    others: dict[str, tuple[Config, Pack, list[int]]] = {
        "seed": (replace(config, seed=1), pack, TRAIN),
        "variation": (replace(config, variation=Variation(stripped=0.2)), pack, TRAIN),
        "images": (config, pack, [0, 1]),
        "facts": (config, replace(pack, labels=["meningioma"] * 3), TRAIN),
        "pixels": (config, replace(pack, digest="of masks drawn anew"), TRAIN),
    }
    with pytest.raises(ReleaseError, match="begun with another config or other images"):
        require_same_run(*others[change], run)


def test_a_run_from_before_there_was_a_choice_goes_on_as_the_default(pack: Pack, config: Config, run: Path) -> None:
    rewritten(run / NOTE, "variation", "pixels")
    require_same_run(config, pack, TRAIN, run)
    with pytest.raises(ReleaseError, match="another config"):
        require_same_run(replace(config, variation=Variation(reweighted=0.2)), pack, TRAIN, run)


def test_a_damaged_or_missing_note_is_no_permission(pack: Pack, config: Config, run: Path) -> None:
    (run / NOTE).write_text("{")
    with pytest.raises(ReleaseError, match="another config"):
        require_same_run(config, pack, TRAIN, run)
    (run / NOTE).unlink()
    (run / "checkpoint.keras").touch()
    (run / "history.jsonl").write_text('{"epoch": 1}\n')
    with pytest.raises(ReleaseError, match="another config"):
        require_same_run(config, pack, TRAIN, run)


def test_a_run_from_before_there_were_windows_goes_on_as_one_of_whole_images(
    pack: Pack, config: Config, run: Path
) -> None:
    values = json.loads((run / NOTE).read_text())
    values["stages"] = [{"size": s.size, "epochs": s.epochs, "learning_rate": s.learning_rate} for s in config.stages]
    (run / NOTE).write_text(json.dumps(values))
    require_same_run(config, pack, TRAIN, run)
    windows = (replace(config.stages[0], window=64), *config.stages[1:])
    with pytest.raises(ReleaseError, match="another config"):
        require_same_run(replace(config, stages=windows), pack, TRAIN, run)


def test_a_run_begun_from_a_release_is_not_gone_on_with_from_another_of_that_name(
    pack: Pack, config: Config, release: Release, tmp_path: Path
) -> None:
    parent, run = Path(shutil.copytree(release.folder, tmp_path / "parent")), tmp_path / "run"
    run.mkdir()
    begun = replace(config, begins_from=str(parent))
    require_same_run(begun, pack, TRAIN, run)
    require_same_run(begun, pack, TRAIN, run)
    assert json.loads((run / NOTE).read_text())["begins_from"] == release.id
    values = json.loads((parent / "release.json").read_text())
    (parent / "release.json").write_text(json.dumps({**values, "version": "9"}))
    with pytest.raises(ReleaseError, match="another config"):
        require_same_run(begun, pack, TRAIN, run)
