"""Cards are a function of release.json and evaluation.json, for every release that ships."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.errors import ReleaseError
from models.evaluation.card import render_card
from models.evaluation.card.sections import table
from models.evaluation.figures import Figure
from models.evaluation.shipping import add_evaluation, read_figures, write_figures
from models.release import CARD_FILE, WEIGHTS_FOLDER, Release

SHIPPED = sorted(path.parent for path in WEIGHTS_FOLDER.glob("*/release.json"))


@pytest.fixture
def copied(release: Release, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release.folder, tmp_path / release.name))


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_shipped_card_is_what_its_json_makes(folder: Path) -> None:
    card = (folder / CARD_FILE).read_text(encoding="utf-8")
    assert card == render_card(folder)
    values = json.loads((folder / "release.json").read_text())
    assert card.startswith(f"# Model card: {values['name']} {values['version']}\n")
    assert "Research use only" in card
    assert all(digest in card for digest in values["files"].values())


def test_a_card_of_another_release_json_is_refused(copied: Path) -> None:
    values = json.loads((copied / "release.json").read_text())
    values["calibration"]["report_from"] = 0.123
    (copied / "release.json").write_text(json.dumps(values))
    with pytest.raises(ReleaseError, match=r"another release\.json"):
        render_card(copied)


def test_a_new_figure_changes_the_card_and_other_weights_are_its_cross_validation(copied: Path) -> None:
    figures = read_figures(copied)
    own = figures.evaluations[0]
    write_figures(copied, replace(figures, evaluations=()))
    without = render_card(copied)
    assert "Figures of these very weights" not in without
    add_evaluation(copied, own, ())
    assert "Figures of these very weights" in render_card(copied)
    add_evaluation(copied, replace(own, releases=("a-1-x", "b-1-y"), folds=("0", "1")), ())
    assert "Cross-validated: 2 sister trainings" in (copied / CARD_FILE).read_text()
    assert "Figures of these very weights" in (copied / CARD_FILE).read_text()


def test_a_release_that_was_never_evaluated_cannot_be_given_a_card(copied: Path) -> None:
    (copied / "evaluation.json").unlink()
    with pytest.raises(ReleaseError, match="No model card can be made"):
        render_card(copied)


def test_a_cell_shows_a_figure_with_its_interval_and_a_dash_for_what_is_not_defined() -> None:
    assert table(("a", "b", "c"), [(Figure(0.5, 0.4, 0.6, 9), None, 0.25)]) == (
        "| a | b | c |\n| --- | --- | --- |\n| 0.500 (0.400 to 0.600) | - | 0.250 |"
    )


def test_figures_of_another_version_do_not_go_into_a_card(copied: Path) -> None:
    own = read_figures(copied).evaluations[0]
    with pytest.raises(ReleaseError, match=r"figures of brain-mri 9, which the card of brain-mri [\d.]+ cannot carry"):
        add_evaluation(copied, replace(own, version="9"), ())


def test_a_card_names_the_folds_that_its_figures_are_of(copied: Path) -> None:
    own = read_figures(copied).evaluations[0]
    add_evaluation(copied, replace(own, folds=("3",), seen=True), ())
    card = (copied / CARD_FILE).read_text()
    assert "Figures of these very weights on fold 3\n" in card
    assert "the figures flatter" in card
