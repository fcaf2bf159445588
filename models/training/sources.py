"""The annotated collections: from their CSV files to records, split by patient (or near-duplicate group)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.errors import TrainingDataError

Box = tuple[int, int, int, int]
LIST_FILE = "images.csv"
UNFOLDED = -9  # of a listed image that names none
UNTYPED = "tumour"  # a listed image's label where its type is not known
TYPED_POOL = "brain_t1ce"  # the one collection that has all types


@dataclass(frozen=True)
class Record:
    """One annotated image: `mask` where pixels are known, `boxes` where only those are, neither if tumour-free."""

    image: Path
    pool: str
    group: str
    fold: int
    tumour: bool
    label: str | None = None
    mask: Path | None = None
    boxes: tuple[Box, ...] = ()
    mm_per_pixel: float | None = None  # where the file itself does not say

    @property
    def kind(self) -> str:
        """Pool and type, by which groups are drawn."""
        return f"{self.pool} {self.label}"

    @property
    def source(self) -> str:
        """The collection that it comes from."""
        return self.pool.partition("/")[0]


def read_outline(path: Path) -> np.ndarray:
    """An outlined tumour, bool (height, width), from its mask file. Raises TrainingDataError where it is no image."""
    stored = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    if stored is None:
        raise TrainingDataError(f"The mask {path} cannot be read.")
    return np.asarray(stored > 127)


def outline_of(record: Record, shape: tuple[int, ...]) -> np.ndarray | None:
    """The record's outline, bool of the image's `shape`, if it has one. Raises TrainingDataError for another size."""
    if record.mask is None:
        return None
    outline = read_outline(record.mask)
    if outline.shape != shape:
        sizes = " and ".join(f"{width} x {height}" for height, width in (outline.shape, shape))
        raise TrainingDataError(f"The mask {record.mask} is not of its image's size: {sizes} pixels.")
    return outline


def read_sources(data: Path) -> list[Record]:
    """All records of the collections that `data` holds, or of the one that it is (see `read_listed`).

    Raises TrainingDataError where it holds none, or a list is damaged.
    """
    try:
        if (data / LIST_FILE).is_file():
            return _whole_groups(list(read_listed(data)))
        records = [r for c in COLLECTIONS if (data / c.folder).is_dir() for r in c.read(data / c.folder)]
    except (OSError, KeyError, ValueError) as error:
        raise TrainingDataError(f"The list of images in {data} cannot be read: {error!r}.") from error
    if not records:
        known = ", ".join(c.folder for c in COLLECTIONS)
        raise TrainingDataError(f"{data} holds no collection: neither {LIST_FILE} nor a folder {known}.")
    return records


def read_listed(folder: Path) -> Iterator[Record]:
    """Any annotated folder: `images.csv` with the columns image, label, group, fold, and mask or x0, y0, x1, y1.

    image and mask are paths in the folder; label names the tumour's type, `tumour` where it is not known, and is empty
    for a tumour-free image; group is the patient. mask (white is tumour) or box, in stored pixels, may be empty or
    missing, and so may fold (then `UNFOLDED`) and mm_per_pixel. Raises TrainingDataError naming the line that cannot
    be read.
    """
    for number, row in enumerate(_rows(folder / LIST_FILE), start=2):
        try:
            yield _listed(folder, row)
        except ValueError as error:
            raise TrainingDataError(f"Line {number} of {folder / LIST_FILE} cannot be read: {error}.") from error


def _whole_groups(records: list[Record]) -> list[Record]:
    """The records. Raises TrainingDataError where one patient lies in two folds: held out and trained on at once."""
    folds: dict[str, int] = {}
    for record in records:
        if folds.setdefault(record.group, record.fold) != record.fold:
            raise TrainingDataError(f"Images of group {record.group} name different folds; a patient belongs to one.")
    return records


def _listed(folder: Path, row: Mapping[str, str | None]) -> Record:
    image, group, label = (_cell(row, column) for column in ("image", "group", "label"))
    mask, box = row.get("mask") or "", _listed_box(row)
    if not image or not group:
        raise ValueError("it names no image" if not image else "it names no group")
    for name in filter(None, (image, mask)):
        if not (folder / name).is_file():
            raise ValueError(f"there is no file {name}")
    if box and not label:
        raise ValueError("it has a box but no label")
    return Record(
        image=folder / image,
        pool=folder.resolve().name,
        group=group,
        fold=_listed_fold(row.get("fold")),
        tumour=bool(label),
        label=label if label not in ("", UNTYPED) else None,
        mask=folder / mask if mask and label else None,  # many a collection has a black mask where no tumour is
        boxes=(box,) if box and not mask else (),
        mm_per_pixel=float(row.get("mm_per_pixel") or 0) or None,
    )


def _cell(row: Mapping[str, str | None], column: str) -> str:
    """The text of a column that may not be missing; a line cut short must not turn into a tumour-free image."""
    text = row.get(column)
    if text is None:
        raise ValueError(f"it has no column {column}")
    return text.strip()


def _listed_fold(text: str | None) -> int:
    if text and int(text) < 0:
        raise ValueError(f"its fold is {text}; it can be 0 or more, or empty")
    return int(text) if text else UNFOLDED


def _listed_box(row: Mapping[str, str | None]) -> Box | None:
    edges = [row.get(key) or "" for key in ("x0", "y0", "x1", "y1")]
    if not all(edges):
        return None
    x0, y0, x1, y1 = (round(float(edge)) for edge in edges)
    if not (0 <= x0 < x1 and 0 <= y0 < y1):
        raise ValueError(f"its box ({x0}, {y0}, {x1}, {y1}) is empty or outside of the image")
    return x0, y0, x1, y1


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _brain_t1ce(folder: Path) -> Iterator[Record]:
    """Every slice has a tumour of known type and outline."""
    for row in _rows(folder / "slices.csv"):
        yield Record(
            folder / row["image"], "brain_t1ce", f"t1ce-{row['group']}", int(row["fold"]), True, row["label"],
            folder / row["mask"], mm_per_pixel=float(row["mm_per_pixel"]),
        )  # fmt: skip


def _brain_lgg(folder: Path) -> Iterator[Record]:
    """FLAIR slices with their outline; post-contrast ones only where tumour-free, as the outline is FLAIR's."""
    for row in _rows(folder / "slices.csv"):
        group, fold = f"lgg-{row['patient']}", int(row["fold"])
        if row["has_lesion"] == "1":
            yield Record(
                folder / row["flair"], "brain_lgg/lesion", group, fold, True, "glioma", folder / row["mask"]
            )  # fmt: skip
            continue
        yield Record(folder / row["flair"], "brain_lgg/free", group, fold, False)
        if row["post"]:
            yield Record(folder / row["post"], "brain_lgg/free", group, fold, False)


def _brain_br35h(folder: Path) -> Iterator[Record]:
    """Boxes only, the type unknown."""
    for row in _rows(folder / "images.csv"):
        group, fold, tumour = f"br35h-{row['group']}", int(row["fold"]), row["label"] == "tumor"
        boxes = (tuple(int(float(row[k])) for k in ("x0", "y0", "x1", "y1")),) if tumour else ()
        yield Record(folder / row["image"], f"brain_br35h/{row['label']}", group, fold, tumour, boxes=boxes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Collection:
    """A folder of annotated images, how it is read, and what a model card says of it."""

    folder: str
    read: Callable[[Path], Iterator[Record]]
    about: str


COLLECTIONS = (
    Collection(
        "brain_t1ce",
        _brain_t1ce,
        "Contrast-enhanced T1 slices with type and outline (Cheng 2017, doi 10.6084/m9.figshare.1512427, CC BY 4.0).",
    ),
    Collection(
        "brain_lgg",
        _brain_lgg,
        "Lower-grade glioma: FLAIR with outline, tumour-free FLAIR and post-contrast slices (TCGA-LGG, Buda 2019).",
    ),
    Collection(
        "brain_br35h",
        _brain_br35h,
        "Br35H 2020: mixed web-sourced slices with boxes, and without tumour (licence unclear; research only).",
    ),
)
