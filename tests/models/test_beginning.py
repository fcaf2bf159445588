"""A training that begins with another release: which may be, and whom the new one knows then."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import ReleaseError, TrainingDataError
from models.known_patients import FILE, KnownPatients
from models.release import Release
from models.training.beginning import find_parent, require_unknown_to
from models.training.config import Config, load_config
from models.training.packing import Pack
from models.training.splitting import Split

EMPTY = np.zeros((3, 32, 32), np.uint8)
PACK = Pack(EMPTY, EMPTY, ["p/x"] * 3, ["trained", "kept", "held-out"], [1, 1, 0], [True] * 3, [None] * 3)
PARTS = Split([0], [1], [2])


@pytest.fixture
def parent(release: Release, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release.folder, tmp_path / "parent"))


def beginning_with(name: object) -> Config:
    return replace(load_config("mammogram"), begins_from=str(name))


def test_a_config_that_names_none_begins_with_none() -> None:
    assert find_parent(load_config("brain-mri")) is None
    require_unknown_to(None, PACK, PARTS)


def test_a_release_that_ships_or_lies_in_a_folder_is_found(release: Release, parent: Path) -> None:
    for name in ("brain-mri", parent):
        found = find_parent(beginning_with(name))
        assert found
        assert found.release.id == release.id


@pytest.mark.parametrize(("name", "said"), [("gate", "no network that finds"), ("nowhere", "no model 'nowhere'")])
def test_what_is_no_network_is_refused(name: str, said: str) -> None:
    with pytest.raises((ReleaseError, TrainingDataError), match=said):
        find_parent(beginning_with(name))


def test_damaged_weights_and_a_missing_note_are_refused(parent: Path) -> None:
    (parent / "weights.npz").write_bytes(b"other")
    with pytest.raises(ReleaseError):
        find_parent(beginning_with(parent))
    (parent / FILE).unlink()
    with pytest.raises(TrainingDataError, match="does not say with whose images"):
        find_parent(beginning_with(parent))


@pytest.mark.parametrize(("known", "refused"), [("trained", False), ("kept", True), ("held-out", True)])
def test_one_that_knows_whom_this_training_must_not_know_is_refused(parent: Path, known: str, refused: bool) -> None:
    KnownPatients.of([f"p/{known}"], []).save(parent)
    found = find_parent(beginning_with(parent))
    if not refused:
        require_unknown_to(found, PACK, PARTS)
        return
    with pytest.raises(TrainingDataError, match="made with 1 of the 2 patients"):
        require_unknown_to(found, PACK, PARTS)


def test_the_new_release_knows_whom_the_other_knew_and_was_calibrated_on_its_own_alone() -> None:
    both = KnownPatients.of(["a"], ["b", "d"]).also_of(KnownPatients.of(["c"], ["d"]))
    assert all(map(both.knows, "abcd"))
    assert [both.calibrated_on(patient) for patient in "abcd"] == [False, True, False, False]
