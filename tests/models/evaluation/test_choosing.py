"""Which release is judged on which records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.collections import UNFOLDED, Record
from models.errors import EvaluationError
from models.evaluation.choosing import choose_parts, trained_on
from models.release import Release
from models.training.splitting import NO_FOLD

RECORDS = [Record(Path(f"{fold}-{i}"), "s", f"g{fold}", fold, False) for fold in range(4) for i in range(3)]


def test_each_release_of_a_cross_validation_is_judged_on_its_own_fold(release: Release) -> None:
    parts = choose_parts([replace(release, held_out_fold=fold) for fold in (2, 0)], RECORDS, None)
    assert [{r.fold for r in part.records} for part in parts] == [{2}, {0}]
    assert [part.folds for part in parts] == ["2", "0"]
    assert not any(map(trained_on, parts))


def test_a_fold_that_was_trained_on_is_known_as_such(release: Release) -> None:
    assert trained_on(choose_parts([release], RECORDS, "1")[0])
    assert trained_on(choose_parts([release], RECORDS, "all")[0])


def test_images_of_no_fold_are_all_judged_and_were_not_trained_on(release: Release) -> None:
    records = [replace(r, fold=UNFOLDED) for r in RECORDS]
    [part] = choose_parts([replace(release, held_out_fold=NO_FOLD)], records, None)
    assert len(part.records) == len(RECORDS)
    assert not trained_on(part)
    with pytest.raises(EvaluationError, match="one release at a time"):
        choose_parts([release, replace(release, held_out_fold=1)], records, None)


def test_weights_trained_on_every_fold_have_none_left_to_be_judged_on(release: Release) -> None:
    with pytest.raises(EvaluationError, match="trained on every fold"):
        choose_parts([replace(release, held_out_fold=NO_FOLD)], RECORDS, None)
    assert choose_parts([replace(release, held_out_fold=NO_FOLD)], RECORDS, "2")[0].folds == "2"


def test_a_second_stage_that_knows_the_fold_is_no_less_trained_on_it(release: Release, tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text('{"fold": 2}')
    parts = choose_parts([replace(release, held_out_fold=fold) for fold in (2, 0)], RECORDS, None)
    assert [trained_on(part, str(tmp_path)) for part in parts] == [False, True]
    assert trained_on(parts[0], str(tmp_path / "nothing says what it was trained on"))
    records = [replace(r, fold=UNFOLDED) for r in RECORDS]
    assert not trained_on(choose_parts([release], records, None)[0], str(tmp_path))
