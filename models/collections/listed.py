"""Anybody's annotated folder: images.csv."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from models.collections.record import Box, Lesion, Record
from models.collections.rows import rows
from models.errors import TrainingDataError

LIST_FILE = "images.csv"
UNFOLDED = -9  # of a listed image that names none
UNTYPED = "tumour"  # a listed image's label where its type is not known
EDGES = ("x0", "y0", "x1", "y1")


def read_listed(folder: Path) -> list[Record]:
    """`images.csv` with the columns image, label, group, fold, and mask or x0, y0, x1, y1.

    image and mask are paths in the folder; label names the tumour's type, `tumour` where it is not known, and is empty
    for a tumour-free image; group is the patient. mask (white is tumour) or box, in stored pixels, may be empty or
    missing, and so may fold (then `UNFOLDED`) and mm_per_pixel. Raises TrainingDataError naming the line that cannot
    be read, or the patient who lies in two folds.
    """
    return _whole_groups(list(_lines(folder)))


def _lines(folder: Path) -> Iterator[Record]:
    for number, row in enumerate(rows(folder / LIST_FILE), start=2):
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
    mask, box, known = row.get("mask") or "", _box(row), label if label not in ("", UNTYPED) else None
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
        fold=_fold(row.get("fold")),
        tumour=bool(label),
        label=known,
        mask=folder / mask if mask and label else None,  # many a collection has a black mask where no tumour is
        lesions=(Lesion(box, known),) if box and not mask else (),
        mm_per_pixel=float(row.get("mm_per_pixel") or 0) or None,
    )


def _cell(row: Mapping[str, str | None], column: str) -> str:
    """The text of a column that may not be missing; a line cut short must not turn into a tumour-free image."""
    text = row.get(column)
    if text is None:
        raise ValueError(f"it has no column {column}")
    return text.strip()


def _fold(text: str | None) -> int:
    if text and int(text) < 0:
        raise ValueError(f"its fold is {text}; it can be 0 or more, or empty")
    return int(text) if text else UNFOLDED


def _box(row: Mapping[str, str | None]) -> Box | None:
    """Whether it reaches out of the image shows when that is read: `boxes_of`."""
    edges = {key: (row.get(key) or "").strip() for key in EDGES}
    missing = [key for key, edge in edges.items() if not edge]
    if len(missing) == len(EDGES):
        return None
    if missing:
        raise ValueError(f"its box has no {' and no '.join(missing)}")
    x0, y0, x1, y1 = (round(float(edge)) for edge in edges.values())
    if not (0 <= x0 < x1 and 0 <= y0 < y1):
        raise ValueError(f"its box ({x0}, {y0}, {x1}, {y1}) is empty or outside of the image")
    return x0, y0, x1, y1
