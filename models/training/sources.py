"""The annotated collections: from their CSV files to records, split by patient (or near-duplicate group)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

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


def read_outline(path: Path) -> np.ndarray:
    """An outlined tumour, bool (height, width), from its mask file."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) > 127


def read_sources(data: Path) -> list[Record]:
    """All records of the collections that `data` holds, or of the one that it is (see `read_listed`).

    Raises FileNotFoundError where it holds none, ValueError where a list is damaged.
    """
    if (data / LIST_FILE).is_file():
        return list(read_listed(data))
    records = [r for c in COLLECTIONS if (data / c.folder).is_dir() for r in c.read(data / c.folder)]
    if not records:
        known = ", ".join(c.folder for c in COLLECTIONS)
        raise FileNotFoundError(f"{data} holds no collection: neither {LIST_FILE} nor a folder {known}.")
    return records


def read_listed(folder: Path) -> Iterator[Record]:
    """Any annotated folder: `images.csv` with the columns image, label, group, fold, and mask or x0, y0, x1, y1.

    image and mask are paths in the folder; label names the tumour's type, `tumour` where it is not known, and is empty
    for a tumour-free image; group is the patient. mask (white is tumour) or box, in stored pixels, may be empty or
    missing, and so may fold (then `UNFOLDED`) and mm_per_pixel. Raises ValueError naming the line that cannot be read.
    """
    for number, row in enumerate(_rows(folder / LIST_FILE), start=2):
        try:
            yield _listed(folder, row)
        except (KeyError, ValueError) as error:
            raise ValueError(f"Line {number} of {folder / LIST_FILE} cannot be read: {error}.") from error


def _listed(folder: Path, row: dict[str, str]) -> Record:
    label, mask = row["label"].strip(), row.get("mask") or ""
    edges = [row.get(key) or "" for key in ("x0", "y0", "x1", "y1")]
    for name in filter(None, (row["image"], mask)):
        if not (folder / name).is_file():
            raise ValueError(f"there is no file {name}")
    x0, y0, x1, y1 = (round(float(edge)) for edge in edges) if all(edges) else (0, 0, 0, 0)
    return Record(
        image=folder / row["image"],
        pool=folder.resolve().name,
        group=row["group"],
        fold=int(row.get("fold") or UNFOLDED),
        tumour=bool(label),
        label=label if label not in ("", UNTYPED) else None,
        mask=folder / mask if mask else None,
        boxes=((x0, y0, x1, y1),) if all(edges) and not mask else (),
        mm_per_pixel=float(row["mm_per_pixel"]) if row.get("mm_per_pixel") else None,
    )


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
