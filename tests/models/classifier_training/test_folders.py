"""What a folder of pictures must be, and who is trained and tested on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import TrainingDataError
from models.training.classifiers.division import divide, split_notes
from models.training.classifiers.folders import Part, read_folder
from models.training.classifiers.pictures import Prepared, arrange, readable

Drawer = Callable[..., Path]


def test_no_group_is_on_two_sides_and_each_part_has_each_class(draw_folder: Drawer, tmp_path: Path) -> None:
    folder = read_folder(draw_folder(tmp_path / "data"))
    parts = divide(folder.pictures, folder.classes, 0.2, 0.125, seed=1)
    groups = [{p.group for p in parts if p.part is part} for part in Part]
    assert len(set.union(*groups)) == sum(map(len, groups)) == 20
    assert [{p.label for p in parts if p.part is part} for part in Part] == [set(folder.classes)] * 3
    assert sum(p.part is Part.TEST for p in parts) == 8
    assert not split_notes(folder, parts)


def test_a_given_test_is_left_as_it_is(draw_folder: Drawer, tmp_path: Path) -> None:
    draw_folder(tmp_path / "data/train")
    draw_folder(tmp_path / "data/test", count=8)
    inside = read_folder(tmp_path / "data")
    apart = read_folder(tmp_path / "data/train", tmp_path / "data/test")
    for folder in (inside, apart):
        parts = divide(folder.pictures, folder.classes, 0.2, 0.125, seed=1)
        tested = {p.file for p in parts if p.part is Part.TEST}
        assert tested == set((tmp_path / "data/test").rglob("*.png"))


def test_a_validation_that_is_given_is_kept(draw_folder: Drawer, tmp_path: Path) -> None:
    for part, count in (("train", 12), ("validation", 8), ("test", 8)):
        draw_folder(tmp_path / "data" / part, count)
    folder = read_folder(tmp_path / "data")
    parts = divide(folder.pictures, folder.classes, 0.2, 0.125, seed=1)
    for part in Part:
        assert {p.file for p in parts if p.part is part} == set((tmp_path / "data" / part).rglob("*.png"))


def test_without_groups_the_split_is_by_file_and_that_is_said(draw_folder: Drawer, tmp_path: Path) -> None:
    folder = read_folder(draw_folder(tmp_path / "data", grouped=False))
    assert len({p.group for p in folder.pictures}) == 40
    (note,) = split_notes(folder, folder.pictures)
    assert "the split is by file" in note
    assert "flatter" in note


def test_groups_on_both_sides_of_a_given_split_are_counted(draw_folder: Drawer, tmp_path: Path) -> None:
    draw_folder(tmp_path / "data/train")
    shutil.copytree(tmp_path / "data/train/benign", tmp_path / "data/test/benign")
    shutil.copytree(tmp_path / "data/train/malignant", tmp_path / "data/test/malignant")
    names = [p.relative_to(tmp_path / "data") for p in (tmp_path / "data").rglob("*.png")]
    rows = "".join(f"{n.as_posix()},{n.parent.name}-{n.stem}\n" for n in names)
    (tmp_path / "data/groups.csv").write_text("file,group\n" + rows)
    folder = read_folder(tmp_path / "data")
    (note,) = split_notes(folder, folder.pictures)
    assert note.startswith("40 groups have pictures on both sides")


def test_files_that_are_no_pictures_are_named_and_left_out(draw_folder: Drawer, tmp_path: Path) -> None:
    data = draw_folder(tmp_path / "data")
    (data / "benign/notes.txt").write_text("not a picture")
    cut = (data / "malignant/05.png").read_bytes()[:200]
    (data / "malignant/05.png").write_bytes(cut)
    good, left_out = readable(read_folder(data).pictures, 32, tmp_path / "pictures")
    assert len(good) == 39
    assert [Path(left.file).name for left in left_out] == ["notes.txt", "05.png"]
    assert all(left.reason for left in left_out)


def test_arranged_pictures_are_found_again(draw_folder: Drawer, tmp_path: Path) -> None:
    folder = read_folder(draw_folder(tmp_path / "data"))
    good, left_out = readable(folder.pictures, 32, tmp_path / "pictures")
    parts = divide(good, folder.classes, 0.2, 0.125, seed=1)
    prepared = Prepared(tuple(arrange(parts, tmp_path / "pictures")), tuple(left_out))
    prepared.save(tmp_path / "pictures.json")
    assert Prepared.load(tmp_path / "pictures.json") == prepared
    assert [p.file for p in prepared.of(Part.TEST)] == sorted((tmp_path / "pictures/test").rglob("*.png"))


def divided(data: Path, test: Path | None = None) -> None:
    folder = read_folder(data, test)
    divide(folder.pictures, folder.classes, 0.2, 0.125, seed=1)


def refusal(data: Path, test: Path | None = None) -> str:
    with pytest.raises(TrainingDataError) as caught:
        divided(data, test)
    return str(caught.value)


def test_what_cannot_be_learnt_from_is_said_in_a_sentence(draw_folder: Drawer, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert "has no folders" in refusal(tmp_path / "none")
    (tmp_path / "none/glioma").mkdir()
    assert "one class only, 'glioma'" in refusal(tmp_path / "none")
    good = draw_folder(tmp_path / "good")
    (good / "empty").mkdir()
    assert "empty is empty" in refusal(good)
    (good / "empty").rmdir()
    assert "'benign' has 3 readable pictures; it needs 8" in refusal(draw_folder(tmp_path / "few", count=3))
    shutil.copytree(good / "benign", tmp_path / "other/benign")
    shutil.copytree(good / "benign", tmp_path / "other/cyst")
    assert "has the classes benign, cyst, but training has benign, malignant" in refusal(good, tmp_path / "other")
    (good / "groups.csv").write_text("picture,patient\n")
    assert "needs the columns file and group" in refusal(good)
    (good / "groups.csv").unlink()
    (good / "crop.json").write_text("{}")
    assert "cut the regions again" in refusal(good)


def test_a_class_of_one_patient_cannot_be_both_trained_and_tested_on(draw_folder: Drawer, tmp_path: Path) -> None:
    data = draw_folder(tmp_path / "data")
    rows = "".join(f"{f.relative_to(data).as_posix()},one\n" for f in (data / "benign").iterdir())
    (data / "groups.csv").write_text("file,group\n" + rows)
    assert "one group only" in refusal(data)
