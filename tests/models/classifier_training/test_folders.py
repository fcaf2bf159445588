"""What a folder of pictures must be, and who is trained and tested on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import TrainingDataError
from models.training.classifiers.division import divide
from models.training.classifiers.folders import Folder, Part, Picture, read_folder
from models.training.classifiers.notes import split_notes
from models.training.classifiers.pictures import Prepared, arrange, readable

Drawer = Callable[..., Path]


def divided(folder: Folder, place: Path) -> list[Picture]:
    good, _ = readable(folder.pictures, 32, place)
    return divide(good, folder.classes, 0.2, 0.125, seed=1)


def test_no_group_is_on_two_sides_and_each_part_has_each_class(draw_folder: Drawer, tmp_path: Path) -> None:
    folder = read_folder(draw_folder(tmp_path / "data"))
    parts = divided(folder, tmp_path / "pictures")
    groups = [{p.group for p in parts if p.part is part} for part in Part]
    assert len(set.union(*groups)) == sum(map(len, groups)) == 20
    assert [{p.label for p in parts if p.part is part} for part in Part] == [set(folder.classes)] * 3
    assert sum(p.part is Part.TEST for p in parts) == 8
    assert not list(split_notes(folder, parts))


@pytest.mark.parametrize(
    ("train", "test"), [("train", "test"), ("Training", "Testing"), ("TRAIN", "Testing"), ("training", "TEST")]
)
def test_a_given_test_is_left_as_it_is_however_its_folder_is_called(
    draw_folder: Drawer, tmp_path: Path, train: str, test: str
) -> None:
    draw_folder(tmp_path / "data" / train, seed=3)
    draw_folder(tmp_path / "data" / test, count=8, seed=4)
    inside = read_folder(tmp_path / "data")
    apart = read_folder(tmp_path / "data" / train, tmp_path / "data" / test)
    wanted = {p.digest for p in readable(read_folder(tmp_path / "data" / test).pictures, 32, tmp_path / "wanted")[0]}
    for folder in (inside, apart):
        assert folder.classes == ("benign", "malignant")
        assert {p.digest for p in divided(folder, tmp_path / "pictures") if p.part is Part.TEST} == wanted


@pytest.mark.parametrize("name", ["val", "Valid", "validation"])
def test_a_validation_that_is_given_is_kept(draw_folder: Drawer, tmp_path: Path, name: str) -> None:
    for part, count in (("train", 12), (name, 8), ("test", 8)):
        draw_folder(tmp_path / "data" / part, count)
    folder = read_folder(tmp_path / "data")
    parts = divide(folder.pictures, folder.classes, 0.2, 0.125, seed=1)
    for part, place in ((Part.TRAIN, "train"), (Part.VALIDATION, name), (Part.TEST, "test")):
        assert {p.file for p in parts if p.part is part} == set((tmp_path / "data" / place).rglob("*.png"))


def test_without_groups_the_split_is_by_file_and_that_is_said(draw_folder: Drawer, tmp_path: Path) -> None:
    folder = read_folder(draw_folder(tmp_path / "data", grouped=False))
    parts = divided(folder, tmp_path / "pictures")
    assert len({p.group for p in parts}) == 40
    (note,) = split_notes(folder, parts)
    assert "the split is by file" in note
    assert "flatter" in note


def test_copies_of_one_picture_stay_together_where_nobody_says_who_is_who(draw_folder: Drawer, tmp_path: Path) -> None:
    data = draw_folder(tmp_path / "data", grouped=False)
    for file in list(data.rglob("*.png")):
        shutil.copy(file, file.with_name(f"copy-{file.name}"))
    parts = divided(folder := read_folder(data), tmp_path / "pictures")
    sides = {part: {p.digest for p in parts if p.part is part} for part in Part}
    assert sum(map(len, sides.values())) == len(set.union(*sides.values())) == 40
    assert not any("copies" in note for note in split_notes(folder, parts))


def test_groups_on_both_sides_of_a_given_split_are_counted(draw_folder: Drawer, tmp_path: Path) -> None:
    draw_folder(tmp_path / "data/train", seed=3, grouped=False)
    draw_folder(tmp_path / "data/test", seed=4, grouped=False)
    names = [p.relative_to(tmp_path / "data") for p in (tmp_path / "data").rglob("*.png")]
    rows = "".join(f"{n.as_posix()},{n.parent.name}-{n.stem}\n" for n in names)
    (tmp_path / "data/groups.csv").write_text("file,group\n" + rows)
    folder = read_folder(tmp_path / "data")
    (note,) = split_notes(folder, divided(folder, tmp_path / "pictures"))
    assert note.startswith("40 groups have pictures on both sides")


def test_a_test_elsewhere_brings_its_groups_and_copies_in_it_are_counted(draw_folder: Drawer, tmp_path: Path) -> None:
    data, other = draw_folder(tmp_path / "data"), draw_folder(tmp_path / "other", seed=4)
    shutil.copy(data / "benign/00.png", other / "benign/00.png")
    folder = read_folder(data, other)
    both, copies = split_notes(folder, parts := divided(folder, tmp_path / "pictures"))
    assert both.startswith("20 groups have pictures on both sides")
    assert copies.startswith("1 test pictures are copies")
    (other / "groups.csv").unlink()
    folder = read_folder(data, other)
    unlisted, copies = split_notes(folder, divided(folder, tmp_path / "again"))
    assert unlisted.startswith("40 of 80 pictures are in no groups.csv")
    assert len(parts) == 80


def test_a_group_of_a_file_that_does_not_exist_is_refused(draw_folder: Drawer, tmp_path: Path) -> None:
    data = draw_folder(tmp_path / "data")
    (data / "groups.csv").write_text("file,group\nbenign/00.png,a\n01.png,a\n")
    assert "Line 3 of" in (said := refusal(data))
    assert "names '01.png', which is no file" in said
    (data / "groups.csv").write_text("file,group\nbenign/00.png,\n")
    assert "names no group" in refusal(data)


def test_files_that_are_no_pictures_are_named_and_left_out(draw_folder: Drawer, tmp_path: Path) -> None:
    data = draw_folder(tmp_path / "data")
    (data / "benign/notes.txt").write_text("not a picture")
    cut = (data / "malignant/05.png").read_bytes()[:200]
    (data / "malignant/05.png").write_bytes(cut)
    good, left_out = readable(read_folder(data).pictures, 32, tmp_path / "pictures")
    assert len(good) == 39
    assert [Path(left.file).name for left in left_out] == ["notes.txt", "05.png"]
    assert all(left.reason for left in left_out)


def test_prepared_pictures_are_found_again_wherever_the_run_is_moved(draw_folder: Drawer, tmp_path: Path) -> None:
    folder = read_folder(draw_folder(tmp_path / "data"))
    parts = divided(folder, tmp_path / "run/pictures")
    prepared = Prepared(tuple(arrange(parts, tmp_path / "run/pictures")), (), ("a note",))
    prepared.save(tmp_path / "run/pictures.json")
    assert Prepared.load(tmp_path / "run/pictures.json") == prepared
    (tmp_path / "run").rename(tmp_path / "moved")
    moved = Prepared.load(tmp_path / "moved/pictures.json")
    assert [p.file for p in moved.of(Part.TEST)] == sorted((tmp_path / "moved/pictures/test").rglob("*.png"))
    assert moved.notes == ("a note",)


def divided_as_named(data: Path, test: Path | None) -> None:
    folder = read_folder(data, test)
    divide(folder.pictures, folder.classes, 0.2, 0.125, seed=1)


def refusal(data: Path, test: Path | None = None) -> str:
    with pytest.raises(TrainingDataError) as caught:
        divided_as_named(data, test)
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
    (good / "benign/patient-7").mkdir()
    assert "benign has a folder in it, patient-7" in refusal(good)
    (good / "benign/patient-7").rmdir()
    draw_folder(tmp_path / "halves/train")
    draw_folder(tmp_path / "halves/valid")
    assert "pictures for validation but none for testing" in refusal(tmp_path / "halves")
    (tmp_path / "halves/Training").mkdir()
    assert "two folders for train: Training and train" in refusal(tmp_path / "halves")
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
