from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.engines import load_engine
from models.errors import ReleaseError
from models.release import WEIGHTS_FOLDER, Release, load_release

MOST_BYTES = 40_000_000


def copy_of(release: Release, tmp_path: Path) -> Path:
    shutil.copytree(release.folder, tmp_path / release.name)
    return tmp_path


def test_the_id_names_the_version_and_changes_with_weights_and_calibration(release: Release, tmp_path: Path) -> None:
    folder = copy_of(release, tmp_path)
    same = load_release(release.name, folder)
    assert same.id == release.id
    assert same.id.startswith(f"{release.name}-{release.version}-")
    same.litert_path.write_bytes(same.litert_path.read_bytes() + b"x")
    assert load_release(release.name, folder).id != release.id
    changed = load_release(release.name, copy_of(release, tmp_path / "b"))
    replace(changed, calibration=replace(changed.calibration, report_from=0.123)).save()
    assert load_release(release.name, tmp_path / "b").id != release.id


def test_a_missing_release_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="oncoqueue train nothing"):
        load_release("nothing", tmp_path)


def test_a_damaged_release_says_so(release: Release, tmp_path: Path) -> None:
    folder = copy_of(release, tmp_path)
    file = folder / release.name / "release.json"
    values = json.loads(file.read_text())
    del values["calibration"]["region"]
    file.write_text(json.dumps(values))
    with pytest.raises(ReleaseError, match="damaged"):
        load_release(release.name, folder)


def test_a_network_that_is_no_network_is_found_when_it_is_loaded(release: Release, tmp_path: Path) -> None:
    damaged = load_release(release.name, copy_of(release, tmp_path))
    damaged.litert_path.write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(ReleaseError, match="cannot be loaded"):
        load_engine(damaged, "litert")


def test_the_model_card_speaks_of_these_very_weights(release: Release) -> None:
    card = (release.folder / "MODEL_CARD.md").read_text()
    assert release.id in card
    assert "Research use only" in card


def test_all_weights_together_stay_small() -> None:
    assert sum(f.stat().st_size for f in WEIGHTS_FOLDER.rglob("*") if f.is_file()) < MOST_BYTES
