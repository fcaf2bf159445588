"""Read a folder with a folder of pictures for each class, and who is in which group."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from models.classifiers.crop import CropRecipe
from models.errors import TrainingDataError
from models.training.classifiers.regions import CROP_FILE, GROUPS_FILE


class Part(StrEnum):
    """What a picture is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True)
class Picture:
    """One file, its class, its group (who or what must not be on both sides of a split), and its part if given."""

    file: Path
    label: str
    group: str
    part: Part | None


@dataclass(frozen=True)
class Cut:
    """The crop, the fold of the collections that is the test, and what a card must say of the collections.

    network: the id of the release whose note decided who is validated and tested on.
    """

    crop: CropRecipe
    fold: int
    sources: tuple[str, ...]
    network: str


@dataclass(frozen=True)
class Folder:
    """All pictures, classes in alphabetical order. `grouped`: groups are known and are not just the files.

    cut: how `oncoqueue cut-regions` made the pictures, if it did.
    """

    classes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    grouped: bool
    cut: Cut | None


def read_folder(data: Path, test: Path | None = None) -> Folder:
    """`data`/CLASS/*, or `data`/train/CLASS/* and `data`/test/CLASS/*; `test`/CLASS/* where the test lies elsewhere.

    `data`/validation/CLASS/* beside train and test are validated on; without it a part of the training pictures is.
    Raises TrainingDataError with what is wrong.
    """
    groups = _groups(data)
    if test is None and (data / "train").is_dir() and (data / "test").is_dir():
        trained, test = data / "train", data / "test"
    else:
        trained = data
    classes = _classes(trained)
    validation = trained != data and (data / "validation").is_dir()
    pictures = list(_pictures(trained, classes, data, groups, None if test is None else Part.TRAIN))
    if test is not None:
        _same_classes(classes, _classes(test), test)
        pictures += _pictures(test, classes, data, groups, Part.TEST)
    if validation:
        _same_classes(classes, _classes(data / "validation"), data / "validation")
        pictures += _pictures(data / "validation", classes, data, groups, Part.VALIDATION)
    return Folder(classes, tuple(pictures), groups is not None, _cut(data))


def _classes(folder: Path) -> tuple[str, ...]:
    names = tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
    if not names:
        raise TrainingDataError(f"{folder} has no folders; there must be one for each class, with its pictures.")
    if len(names) == 1:
        raise TrainingDataError(f"{folder} has one class only, {names[0]!r}; there is nothing to tell apart.")
    return names


def _same_classes(trained: tuple[str, ...], tested: tuple[str, ...], test: Path) -> None:
    if trained != tested:
        raise TrainingDataError(
            f"{test} has the classes {', '.join(tested)}, but training has {', '.join(trained)}; they must be the same."
        )


def _pictures(
    folder: Path, classes: Sequence[str], data: Path, groups: dict[str, str] | None, part: Part | None
) -> Iterator[Picture]:
    for label in classes:
        files = [f for f in sorted((folder / label).rglob("*")) if f.is_file() and not f.name.startswith(".")]
        if not files:
            raise TrainingDataError(f"The class folder {folder / label} is empty.")
        for file in files:
            name = file.relative_to(data).as_posix() if file.is_relative_to(data) else str(file)
            yield Picture(file, label, (groups or {}).get(name, name), part)


def _groups(data: Path) -> dict[str, str] | None:
    """Groups by file, relative to `data`; a file that is not listed is a group of its own."""
    path = data / GROUPS_FILE
    if not path.exists():
        return None
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if not {"file", "group"} <= set(rows.fieldnames or ()):
            raise TrainingDataError(f"{path} needs the columns file and group.")
        return {row["file"]: row["group"] for row in rows}


def _cut(data: Path) -> Cut | None:
    path = data / CROP_FILE
    if not path.exists():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        crop = CropRecipe(values["size"], values["surround"], values["least"])
        return Cut(crop, values["fold"], tuple(values["sources"]), values["network"])
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingDataError(f"{path} is damaged; cut the regions again with `oncoqueue cut-regions`.") from error
