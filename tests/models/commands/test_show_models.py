"""`oncoqueue models`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import models.commands.show_models as command
from models.release import Release


def test_every_model_that_ships_is_listed_with_its_files_checked() -> None:
    result = CliRunner().invoke(command.models)
    assert result.exit_code == 0
    assert "Research use only" in result.output
    assert "brain-mri" in result.output
    assert "as recorded" in result.output
    assert "damaged" not in result.output


def test_a_damaged_file_is_named(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Path(shutil.copytree(release.folder, tmp_path / "brain-mri"))
    (copy / "weights.npz").write_bytes(b"")
    monkeypatch.setattr(command, "WEIGHTS_FOLDER", tmp_path)
    result = CliRunner().invoke(command.models)
    assert result.exit_code == 1
    assert "weights.npz is not the file" in result.output


def test_a_card_is_shown_by_the_models_name_and_by_its_folder(release: Release) -> None:
    by_name, by_folder = (CliRunner().invoke(command.models, [str(n)]).output for n in ("brain-mri", release.folder))
    assert by_name == by_folder
    assert by_name.startswith("# Model card: brain-mri")


def test_an_unknown_name_says_which_there_are() -> None:
    result = CliRunner().invoke(command.models, ["nothing"])
    assert result.exit_code == 1
    assert "There is no model 'nothing': that is neither one that ships (brain-mri, " in result.output


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON"])
def test_a_release_file_that_lacks_its_facts_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "release.json").write_text(text)
    result = CliRunner().invoke(command.models, [str(tmp_path)])
    assert result.exit_code == 1
    assert f"The release file in {tmp_path} is damaged: " in result.output


def test_no_card_is_shown_of_files_that_it_does_not_speak_of(release: Release, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(release.folder, tmp_path / "copy"))
    (folder / "MODEL_CARD.md").write_text("All is well.")
    result = CliRunner().invoke(command.models, [str(folder)])
    assert "All is well" not in result.output
    assert result.output.startswith("# Model card: brain-mri")
    (folder / "weights.npz").write_bytes(b"x")
    result = CliRunner().invoke(command.models, [str(folder)])
    assert result.exit_code == 1
    assert "weights.npz is not the file" in result.output


def test_a_release_that_was_never_evaluated_has_no_card(release: Release, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(release.folder, tmp_path / "copy"))
    (folder / "evaluation.json").unlink()
    result = CliRunner().invoke(command.models, [str(folder)])
    assert result.exit_code == 1
    assert "has no card: it was never evaluated" in result.output
