"""Cards are a function of release.json and evaluation.json, for every release that ships."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.errors import ReleaseError
from models.evaluation.card import render_card, write_figures
from models.evaluation.card.sections import cell, table
from models.evaluation.figures import Evaluation, Figure
from models.evaluation.released import AblationRow
from models.evaluation.shipping import add_evaluation, read_figures
from models.release import CARD_FILE, WEIGHTS_FOLDER, Release

SHIPPED = sorted(path.parent for path in WEIGHTS_FOLDER.glob("*/release.json"))


@pytest.fixture
def copied(release: Release, tmp_path: Path) -> Path:
    """The shipped release, as if fold 0 had been held out and scored."""
    folder = Path(shutil.copytree(release.folder, tmp_path / release.name))
    figures = read_figures(folder)
    shipped = (*figures.evaluations, figures.cross_validation)[0]
    assert shipped
    own = replace(shipped, releases=(release.id,), folds=("0",))
    held_out = replace(figures.made, fold="0")
    write_figures(folder, replace(figures, made=held_out, evaluations=(own,), cross_validation=None))
    return folder


@pytest.fixture
def own(copied: Path) -> Evaluation:
    """Its figures, through LiteRT."""
    return read_figures(copied).evaluations[0]


def in_a_row(*values: object) -> str:
    return f"| {' | '.join(map(cell, values))} |"


def card_of(folder: Path) -> str:
    return (folder / CARD_FILE).read_text(encoding="utf-8")


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


@pytest.mark.parametrize("dying", ["evaluation.json", CARD_FILE])
def test_what_is_stopped_while_it_writes_leaves_both_files_as_they_were(
    copied: Path, monkeypatch: pytest.MonkeyPatch, dying: str
) -> None:
    write_text, figures = Path.write_text, replace(read_figures(copied), evaluations=())
    before = [(copied / name).read_bytes() for name in ("evaluation.json", CARD_FILE)]

    def half_of_it(path: Path, text: str, encoding: str) -> None:
        write_text(path, text[: len(text) // 2] if path.name.endswith(dying) else text, encoding)
        if path.name.endswith(dying):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", half_of_it)
        with pytest.raises(KeyboardInterrupt):
            write_figures(copied, figures)
    assert [(copied / name).read_bytes() for name in ("evaluation.json", CARD_FILE)] == before
    write_figures(copied, figures)
    assert card_of(copied) == render_card(copied) != before[1].decode()


def test_figures_are_written_as_those_of_the_release_json_of_now(copied: Path) -> None:
    values = json.loads((copied / "release.json").read_text())
    (copied / "release.json").write_text(json.dumps({**values, "version": "9"}))
    write_figures(copied, read_figures(copied))
    assert card_of(copied) == render_card(copied)
    assert card_of(copied).startswith("# Model card: brain-mri 9\n")


def test_figures_of_these_very_weights_come_into_the_card_and_go_with_them(copied: Path, own: Evaluation) -> None:
    write_figures(copied, replace(read_figures(copied), evaluations=()))
    assert "Figures of these very weights" not in card_of(copied)
    add_evaluation(copied, own, ())
    assert "Figures of these very weights on fold 0\n" in card_of(copied)
    assert "tensorflow" not in card_of(copied)
    add_evaluation(copied, replace(own, engine="tensorflow"), (AblationRow("crop", 0.123, 0.456),))
    assert [e.engine for e in read_figures(copied).evaluations] == ["litert", "tensorflow"]
    assert "| crop | 0.123 | 0.456 |" in card_of(copied)


def test_sister_weights_are_a_cross_validation_beside_the_weights_own_figures(copied: Path, own: Evaluation) -> None:
    add_evaluation(copied, replace(own, releases=("a-1-x", "b-1-y"), folds=("0", "1")), ())
    card = card_of(copied)
    assert "Cross-validated: 2 sister trainings of this design, each on its own held-out fold\n" in card
    assert "Figures of these very weights on fold 0\n" in card


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "9"}, r"The card of brain-mri [\d.]+ cannot carry figures of brain-mri 9"),
        ({"seen": True}, "images that were trained on"),
        ({"releases": ("a-1-x",)}, "figures of a-1-x alone"),
        ({"folds": ("3",)}, "figures of fold 3; the card carries those of the held-out one, 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_figures_that_are_not_the_cards_are_refused_and_change_nothing(
    copied: Path, own: Evaluation, change: dict[str, Any], said: str
) -> None:
    before = card_of(copied)
    with pytest.raises(ReleaseError, match=said):
        add_evaluation(copied, replace(own, **change), ())
    assert render_card(copied) == before


def test_every_source_with_known_places_has_its_regions_and_sizes_in_the_card(copied: Path, own: Evaluation) -> None:
    [typed, other] = ["brain_t1ce", "brain_lgg"]
    weak = replace(own.sources[other], types=None, unknown_types={"lymphoma": 7})
    add_evaluation(copied, replace(own, sources={typed: own.sources[typed], other: weak}, gate_seen=True), ())
    card = card_of(copied)
    assert weak.detection
    assert weak.outlines
    for name, source in ((typed, own.sources[typed]), (other, weak)):
        for row in source.sizes:
            assert in_a_row(f"{name}: {row.size}", row.count, row.groups, row.found, row.dice) in card
    assert in_a_row(other, weak.groups, weak.detection.found, weak.detection.precision.at_50) in card
    assert in_a_row(weak.outlines.mean, weak.outlines.median) in card
    assert "In no figure by type of brain_lgg, as the model does not know theirs: 7 lymphoma." in card
    assert "The gate was trained on some of these slices" in card


def test_a_card_states_of_its_training_only_what_is_recorded(copied: Path) -> None:
    """A network trained elsewhere on someone else's images: nothing of ours may be said of it."""
    figures = read_figures(copied)
    made = replace(
        figures.made, config="mine", shipped_config=False, collections=("Slices of a folder.",),
        limits=("Only adults.",), left_out={"enhance": 0.25}, synthetic=0, notes=(),
    )  # fmt: skip
    rows = (AblationRow("enhance", 0.5, 0.5),)
    write_figures(copied, replace(figures, made=made, evaluations=(), ablation=rows))
    card = " ".join(card_of(copied).split())
    assert "a config of its own, `mine`" in card
    assert "models/configs" not in card
    assert "- Only adults. -" in card
    assert "Training left out, in a share of its images: enhance (25%); no other step ever." in card
    assert not re.search("FLAIR|Br35H|CC BY|T1|15 ?%|synthetic", card)


def test_a_release_that_was_never_evaluated_cannot_be_given_a_card(copied: Path) -> None:
    (copied / "evaluation.json").unlink()
    with pytest.raises(ReleaseError, match="No model card can be made"):
        render_card(copied)


def test_a_cell_shows_a_figure_with_its_interval_and_a_dash_for_what_is_not_defined() -> None:
    assert table(("a", "b", "c"), [(Figure(0.5, 0.4, 0.6, 9), None, 0.25)]) == (
        "| a | b | c |\n| --- | --- | --- |\n| 0.500 (0.400 to 0.600) | - | 0.250 |"
    )
