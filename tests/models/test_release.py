from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.digests import check_digests
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
    same.save()
    assert load_release(release.name, folder).id != release.id
    changed = load_release(release.name, copy_of(release, tmp_path / "b"))
    replace(changed, calibration=replace(changed.calibration, report_from=0.123)).save()
    assert load_release(release.name, tmp_path / "b").id != release.id


@pytest.mark.parametrize("name", ["network.tflite", "weights.npz"])
def test_a_flipped_byte_in_a_file_of_the_release_is_named(release: Release, tmp_path: Path, name: str) -> None:
    folder = copy_of(release, tmp_path)
    file = folder / release.name / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(ReleaseError, match=rf"{name} is not the file"):
        load_release(release.name, folder)
    file.unlink()
    with pytest.raises(ReleaseError, match=f"lacks its file {name}"):
        load_release(release.name, folder)


def test_digests_of_a_release_reach_into_no_other_folder(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no file of its own folder"):
        check_digests(tmp_path, {"../weights.npz": ""})


def test_a_release_without_digests_is_damaged(release: Release, tmp_path: Path) -> None:
    folder = copy_of(release, tmp_path)
    file = folder / release.name / "release.json"
    file.write_text(json.dumps({key: value for key, value in json.loads(file.read_text()).items() if key != "files"}))
    with pytest.raises(ReleaseError, match="damaged: 'files'"):
        load_release(release.name, folder)


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
