"""Who trains, who calibrates, who is held out."""

from __future__ import annotations

from collections import Counter

from models.release import NO_FOLD
from models.training.splitting import split

SLICES = 3  # of each group
TYPES = ["glioma"] * 60 + ["meningioma"] * 30 + ["pituitary"] * 10
GROUPS = [f"g{i}" for i in range(100) for _ in range(SLICES)]
FOLDS = [i % 4 for i in range(100) for _ in range(SLICES)]
KINDS = [f"t1ce {TYPES[i]}" for i in range(100) for _ in range(SLICES)]


def test_no_group_is_in_two_parts_and_the_held_out_fold_is_whole() -> None:
    parts = split(GROUPS, FOLDS, KINDS, fold=2, calibration_share=0.2)
    train, kept, test = ({GROUPS[i] for i in part} for part in (parts.train, parts.calibration, parts.test))
    assert not train & kept
    assert not (train | kept) & test
    assert sorted(parts.train + parts.calibration + parts.test) == list(range(len(GROUPS)))
    assert parts.test == [i for i in range(len(GROUPS)) if FOLDS[i] == 2]


def test_every_type_gives_its_share_of_groups_to_calibration() -> None:
    for fold in range(4):
        parts = split(GROUPS, FOLDS, KINDS, fold, calibration_share=0.1)
        drawn = Counter(KINDS[i] for i in parts.calibration)
        assert drawn["t1ce glioma"] in (4 * SLICES, 5 * SLICES)
        assert drawn["t1ce meningioma"] == 2 * SLICES
        assert drawn["t1ce pituitary"] == 1 * SLICES


def test_a_patient_with_slices_of_two_kinds_stays_whole() -> None:
    groups = [name for i in range(20) for name in (f"p{i}", f"p{i}")]
    kinds = ["lgg/lesion glioma", "lgg/free None"] * 20
    parts = split(groups, [0] * 40, kinds, fold=1, calibration_share=0.1)
    assert len(parts.calibration) == 4
    assert not {groups[i] for i in parts.calibration} & {groups[i] for i in parts.train}


def test_a_new_group_moves_at_most_one_old_one_and_none_of_another_type() -> None:
    before = {GROUPS[i] for i in split(GROUPS, FOLDS, KINDS, 0, 0.1).calibration}
    for name in ("new-a", "new-b", "new-c"):
        parts = split([*GROUPS, name], [*FOLDS, 1], [*KINDS, "t1ce glioma"], 0, 0.1)
        after = {[*GROUPS, name][i] for i in parts.calibration} - {name}
        assert len(before ^ after) <= 1
        assert all(int(group[1:]) < 60 for group in before ^ after)


def test_without_a_held_out_fold_all_is_trained_on_or_calibrated_with() -> None:
    parts = split(GROUPS, FOLDS, KINDS, NO_FOLD, 0.1)
    assert parts.test == []
    assert len(parts.train) + len(parts.calibration) == len(GROUPS)


def test_no_share_keeps_nobody_from_training() -> None:
    assert split(GROUPS, FOLDS, KINDS, 0, 0.0).calibration == []
