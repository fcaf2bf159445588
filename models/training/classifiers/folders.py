"""Read a folder with a folder of pictures for each class, and who is in which group."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from models.classifiers.crop import CropRecipe
from models.errors import TrainingDataError
from models.report import Kind
from models.training.classifiers.groups import read_groups
from models.training.classifiers.regions import CROP_FILE


class Part(StrEnum):
    """What a picture is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


PART_FOLDERS: Mapping[Part, tuple[str, ...]] = {
    Part.TRAIN: ("train", "training"),
    Part.VALIDATION: ("val", "valid", "validation"),
    Part.TEST: ("test", "testing"),
}


@dataclass(frozen=True)
class Picture:
    """One file, its class, its group (who or what must not be on both sides of a split), and its part if given.

    group: empty where no groups.csv lists the file. digest: of the pixels, once they were read.
    """

    file: Path
    label: str
    group: str
    part: Part | None
    digest: str = ""


@dataclass(frozen=True)
class Cut:
    """The crop, the fold of the collections that is the test, and what a card must say of the collections.

    network: the id of the release whose note decided who is validated and tested on; kind: of image that it reads.
    """

    crop: CropRecipe
    fold: int
    sources: tuple[str, ...]
    network: str
    kind: Kind = field(default=Kind.BRAIN_MRI, repr=False)  # it decides no weights: runs are not known by it


@dataclass(frozen=True)
class Folder:
    """All pictures, classes in alphabetical order. cut: how `oncoqueue cut-regions` made the pictures, if it did."""

    classes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    cut: Cut | None

    def crop(self, size: int) -> CropRecipe:
        """How inference cuts what such pictures show: as they were cut, or whole images of `size`."""
        return self.cut.crop if self.cut else CropRecipe(size)


def read_folder(data: Path, test: Path | None = None) -> Folder:
    """`data`/CLASS/*, or `data`/train/CLASS/* and `data`/test/CLASS/*; `test`/CLASS/* where the test lies elsewhere.

    `data`/validation/CLASS/* beside train and test are validated on; without it a part of the training pictures is.
    Part folders may be named as in PART_FOLDERS, in any case. Raises TrainingDataError with what is wrong.
    """
    places = _part_folders(data)
    if test is not None:
        places[Part.TEST] = test
    if Part.VALIDATION in places and Part.TEST not in places:
        raise TrainingDataError(f"{data} has pictures for validation but none for testing; name them with --test.")
    trained = places.setdefault(Part.TRAIN, data)
    classes = _classes(trained)
    groups = read_groups(data) | (read_groups(test) if test is not None else {})
    pictures: list[Picture] = []
    for part, place in places.items():
        _same_classes(classes, _classes(place), place)
        given = None if part is Part.TRAIN and Part.TEST not in places else part
        pictures += _pictures(place, classes, groups, given)
    return Folder(classes, tuple(pictures), _cut(data))


def _part_folders(data: Path) -> dict[Part, Path]:
    """The folder of each part that `data` has one of."""
    names = {name: part for part, several in PART_FOLDERS.items() for name in several}
    found: dict[Part, Path] = {}
    for place in sorted(p for p in data.iterdir() if p.is_dir()):
        part = names.get(place.name.lower())
        if part and found.setdefault(part, place) != place:
            raise TrainingDataError(f"{data} has two folders for {part}: {found[part].name} and {place.name}.")
    return found


def _classes(folder: Path) -> tuple[str, ...]:
    names = tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
    if not names:
        raise TrainingDataError(f"{folder} has no folders; there must be one for each class, with its pictures.")
    if len(names) == 1:
        raise TrainingDataError(f"{folder} has one class only, {names[0]!r}; there is nothing to tell apart.")
    return names


def _same_classes(trained: tuple[str, ...], other: tuple[str, ...], place: Path) -> None:
    if trained != other:
        raise TrainingDataError(
            f"{place} has the classes {', '.join(other)}, but training has {', '.join(trained)}; they must be the same."
        )


def _pictures(folder: Path, classes: Sequence[str], groups: Mapping[Path, str], part: Part | None) -> Iterator[Picture]:
    for label in classes:
        files = [f for f in sorted((folder / label).iterdir()) if not f.name.startswith(".")]
        if not files:
            raise TrainingDataError(f"The class folder {folder / label} is empty.")
        for file in files:
            if file.is_dir():
                raise TrainingDataError(
                    f"The class folder {folder / label} has a folder in it, {file.name}. Pictures lie in their class's "
                    "folder itself; groups.csv says which of them are one patient's."
                )
            yield Picture(file, label, groups.get(file.resolve(), ""), part)


def _cut(data: Path) -> Cut | None:
    path = data / CROP_FILE
    if not path.exists():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        crop = CropRecipe(values["size"], values["surround"], values["least"])
        return Cut(
            crop, values["fold"], tuple(values["sources"]), values["network"], Kind(values.get("kind", Kind.BRAIN_MRI))
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingDataError(f"{path} is damaged; cut the regions again with `oncoqueue cut-regions`.") from error
