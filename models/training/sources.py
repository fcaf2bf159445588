"""The annotated collections: from their CSV files to records, split by patient (or near-duplicate group)."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

Box = tuple[int, int, int, int]
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


def read_outline(path: Path) -> np.ndarray:
    """An outlined tumour, bool (height, width), from its mask file."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) > 127


def read_sources(data: Path) -> list[Record]:
    """All records of the collections that `data` holds. Raises FileNotFoundError where it holds none."""
    records = [r for c in COLLECTIONS if (data / c.folder).is_dir() for r in c.read(data / c.folder)]
    if not records:
        raise FileNotFoundError(f"{data} holds none of {', '.join(c.folder for c in COLLECTIONS)}")
    return records


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _brain_t1ce(folder: Path) -> Iterator[Record]:
    """Every slice has a tumour of known type and outline."""
    for row in _rows(folder / "slices.csv"):
        yield Record(
            folder / row["image"], "brain_t1ce", f"t1ce-{row['group']}", int(row["fold"]), True, row["label"],
            folder / row["mask"],
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


@dataclass(frozen=True)
class Split:
    """Indices into the records. `calibration` is kept from training; `test` is the held-out fold."""

    train: list[int]
    calibration: list[int]
    test: list[int]


def split(groups: list[str], folds: list[int], fold: int, calibration_share: float) -> Split:
    """By group throughout; a group's place depends on its name alone, so a new record moves no old one."""
    test = [i for i, f in enumerate(folds) if f == fold]
    rest = [i for i, f in enumerate(folds) if f != fold]
    kept = {g for g in groups if zlib.crc32(g.encode()) % 1000 < calibration_share * 1000}
    return Split([i for i in rest if groups[i] not in kept], [i for i in rest if groups[i] in kept], test)
