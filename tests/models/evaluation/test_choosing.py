"""Which release is judged on which records, and which figures flatter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from models.collections import UNFOLDED, Record
from models.errors import EvaluationError, ReleaseError
from models.evaluation.choosing import NEW, WHOLE, choose_parts, find_release, gate_trained_on, trained_on
from models.known_patients import FILE, KnownPatients
from models.release import NO_FOLD, Release

RECORDS = [Record(Path(f"{fold}-{i}"), "ours", f"g{fold}", fold, False) for fold in range(4) for i in range(3)]
UNLISTED = [replace(r, fold=UNFOLDED) for r in RECORDS]
OUTSIDE = [replace(r, pool="elsewhere") for r in RECORDS]
Make = Callable[[int], Release]


@pytest.fixture
def trained(release: Release, tmp_path: Path) -> Make:
    """Releases that held out a fold of RECORDS, or NO_FOLD, and knew everybody else."""

    def make(fold: int) -> Release:
        folder = tmp_path / f"fold{fold}"
        folder.mkdir(exist_ok=True)
        (folder / "network.tflite").touch()
        KnownPatients.of({r.patient for r in RECORDS if r.fold not in (fold, 3)}, {RECORDS[-1].patient}).save(folder)
        return replace(release, folder=folder, held_out_fold=fold)

    return make


def test_each_release_of_a_cross_validation_is_judged_on_its_own_fold(trained: Make) -> None:
    parts = choose_parts([trained(2), trained(0)], RECORDS, None)
    assert [{r.fold for r in part.records} for part in parts] == [{2}, {0}]
    assert [part.folds for part in parts] == ["2", "0"]
    assert not any(map(trained_on, parts))


def test_a_fold_that_was_trained_or_calibrated_on_is_known_as_such(trained: Make) -> None:
    release = trained(0)
    assert [trained_on(choose_parts([release], RECORDS, fold)[0]) for fold in ("0", "1", "3", "all")] == [
        False, True, True, True,
    ]  # fmt: skip


def test_images_without_a_fold_that_were_trained_on_are_not_judged_unless_asked_for(trained: Make) -> None:
    release = trained(NO_FOLD)
    with pytest.raises(EvaluationError, match="knows every patient here"):
        choose_parts([release], UNLISTED, None)
    assert trained_on(choose_parts([release], UNLISTED, "all")[0])
    [part] = choose_parts([release], [*UNLISTED, replace(UNLISTED[0], image=Path("new"), group="new")], None)
    assert [r.group for r in part.records] == ["new"]
    assert part.folds == NEW
    assert not trained_on(part)


@pytest.mark.parametrize("records", [OUTSIDE, [replace(r, fold=UNFOLDED) for r in OUTSIDE]])
def test_images_from_elsewhere_are_judged_whole_whatever_their_folds(trained: Make, records: list[Record]) -> None:
    for fold in (0, NO_FOLD):
        [part] = choose_parts([trained(fold)], records, None)
        assert part.records == records
        assert part.folds == WHOLE
        assert not trained_on(part)


def test_whom_training_knew_is_not_judged_on_though_the_list_has_them_in_the_held_out_fold_now(trained: Make) -> None:
    """The pack that training takes may be older than the collection's list."""
    moved = replace(RECORDS[3], fold=0)
    [part] = choose_parts([trained(0)], [*RECORDS[:3], moved], None)
    assert part.records == RECORDS[:3]
    with pytest.raises(EvaluationError, match="knows every patient here"):
        choose_parts([trained(0)], [moved], None)


def test_no_image_counts_twice(trained: Make) -> None:
    with pytest.raises(EvaluationError, match="would count twice"):
        choose_parts([trained(0), trained(1)], OUTSIDE, None)
    with pytest.raises(EvaluationError, match="leave --fold out"):
        choose_parts([trained(0), trained(2)], RECORDS, "0")


def test_a_release_that_does_not_say_whom_it_knows_may_know_all_but_its_held_out_fold(trained: Make) -> None:
    release = trained(1)
    (release.folder / FILE).unlink()
    [part] = choose_parts([release], [*RECORDS, *UNLISTED], None)
    assert {r.fold for r in part.records} == {1}
    assert not trained_on(part)
    assert trained_on(choose_parts([release], UNLISTED, "all")[0])


def test_the_note_of_other_weights_is_refused(trained: Make) -> None:
    release = trained(0)
    (release.folder / "network.tflite").write_bytes(b"another")
    with pytest.raises(ReleaseError, match="is not the file"):
        choose_parts([release], RECORDS, None)


def test_a_second_stage_that_knows_a_patient_makes_the_figures_flatter(trained: Make, tmp_path: Path) -> None:
    network, classifier = trained(0), tmp_path / "classifier"
    classifier.mkdir()
    for name in ("network.tflite", "release.json"):
        (classifier / name).touch()
    [part] = choose_parts([network], RECORDS, None)
    KnownPatients.of([], {"ours/g1"}).save(classifier)
    assert not trained_on(part, str(classifier))
    KnownPatients.of([], {"ours/g0"}).save(classifier)
    assert trained_on(part, str(classifier))
    (classifier / FILE).unlink()
    assert trained_on(part, str(classifier))
    (classifier / "evaluation.json").write_text('{"fold": 0}')
    assert not trained_on(part, str(classifier))


def test_the_gate_knows_our_collections_but_for_one_fold() -> None:
    ours = [Record(Path("a"), "brain_lgg/free", "g", fold, False) for fold in range(4)]
    assert [gate_trained_on([record]) for record in ours] == [False, True, True, True]
    assert not gate_trained_on(RECORDS)


def test_a_model_that_ships_goes_before_a_folder_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brain-mri").mkdir()
    (tmp_path / "brain-mri/release.json").write_text("[]")
    assert find_release("brain-mri").types
    with pytest.raises(ReleaseError, match="damaged"):
        find_release("./brain-mri")
    with pytest.raises(
        ReleaseError, match=r"no model 'runs/typo': that is neither one that ships \(brain-mri, .*nor a"
    ):
        find_release("runs/typo")
    with pytest.raises(ReleaseError, match="classic is no network that finds regions"):
        find_release("classic")
