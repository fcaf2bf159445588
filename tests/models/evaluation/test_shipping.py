"""Which figures may be made for a model card: of its own collections, by sisters, on whom each never saw."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from models.collections import Record
from models.errors import ReleaseError
from models.evaluation.card import EVALUATION_FILE
from models.evaluation.choosing import Part
from models.evaluation.decoding import to_json
from models.evaluation.shipping import read_figures, require_card_of, ship_figures
from models.known_patients import KnownPatients
from models.release import CARD_FILE, NO_FOLD, Release

COLLECTIONS = ("brain_br35h", "brain_lgg", "brain_t1ce")
Make = Callable[..., Release]


@pytest.fixture
def sister(release: Release, tmp_path: Path) -> Make:
    """A training that held out `fold` and knows everybody else; `made` changes the design that ships."""

    def make(fold: int, **made: object) -> Release:
        folder = tmp_path / f"fold{fold}"
        folder.mkdir()
        (folder / "network.tflite").touch()
        KnownPatients.of((r.patient for r in records() if r.fold != fold), []).save(folder)
        figures = read_figures(release.folder)
        usual = replace(figures.made, fold=str(fold), sources=COLLECTIONS, design="of its config")
        (folder / EVALUATION_FILE).write_text(to_json(replace(figures, made=replace(usual, **made))))
        return replace(release, folder=folder, held_out_fold=fold)

    return make


def records(*collections: str) -> list[Record]:
    return [
        Record(Path(f"{name}-{fold}"), name, f"p{fold}", fold, False)
        for name in collections or COLLECTIONS
        for fold in range(4)
    ]


def part(release: Release, *collections: str, fold: int | None = None) -> Part:
    fold = release.held_out_fold if fold is None else fold
    return Part(release, [r for r in records(*collections) if r.fold == fold], str(fold))


def refusal(of: Release, *parts: Part) -> str:
    """Why the card cannot carry figures of these parts; empty where it can."""
    try:
        require_card_of(of.folder, parts)
    except ReleaseError as error:
        return str(error)
    return ""


def test_its_own_held_out_fold_and_sisters_on_theirs_are_taken(sister: Make) -> None:
    mine, other = sister(0), sister(1, seed=4)
    assert refusal(mine, part(mine)) == ""
    assert refusal(mine, part(mine), part(other)) == ""


def test_patients_whom_a_part_knows_are_refused(sister: Make) -> None:
    mine, other = sister(0), sister(1)
    assert "fold1 was trained on these images" in refusal(mine, part(mine), part(other, fold=2))


@pytest.mark.parametrize(
    ("collections", "said"),
    [(("elsewhere",), "these are of elsewhere"), (("brain_t1ce",), "brain_br35h, brain_lgg, brain_t1ce, and of all")],
)
def test_other_images_than_the_releases_own_collections_are_refused(
    sister: Make, collections: tuple[str, ...], said: str
) -> None:
    mine = sister(0)
    assert said in refusal(mine, part(mine, *collections))


@pytest.mark.parametrize(
    "made", [{"epochs": 3}, {"config": "another"}, {"size": 64}, {"synthetic": 0}, {"design": "of another config"}]
)
def test_releases_that_were_made_in_another_way_are_no_sisters(sister: Make, made: dict[str, object]) -> None:
    mine, other = sister(0), sister(1, **made)
    assert "fold1 was trained in another way" in refusal(mine, part(mine), part(other))


@pytest.mark.parametrize("design", ["", "of its config"])
def test_a_release_from_before_designs_were_noted_is_judged_by_what_its_file_says(sister: Make, design: str) -> None:
    mine, older, another = sister(0, design=design), sister(1, design=""), sister(2, design="", epochs=3)
    assert refusal(mine, part(mine), part(older)) == ""
    assert refusal(older, part(mine), part(older)) == ""
    assert "fold2 was trained in another way" in refusal(mine, part(mine), part(another))


@pytest.mark.parametrize("fold", [0, NO_FOLD])
def test_training_ends_without_figures_where_nobody_was_held_out(release: Release, tmp_path: Path, fold: int) -> None:
    """It knows all of the fold that the list holds out today, or it held out no fold, whoever is new."""
    trained = replace(release, folder=Path(shutil.copytree(release.folder, tmp_path / "out")), held_out_fold=fold)
    known = [r for r in records() if r.fold == 0] if fold == 0 else []
    KnownPatients.of((r.patient for r in known), []).save(trained.folder)
    made = replace(read_figures(release.folder).made, fold="none")
    figures = ship_figures(trained, made, known or records())
    assert (figures.evaluations, figures.ablation) == ((), ())
    assert "These weights have not been evaluated." in (trained.folder / CARD_FILE).read_text()
