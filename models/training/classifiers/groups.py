"""groups.csv: which pictures belong to one patient."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from models.errors import TrainingDataError
from models.training.classifiers.regions import GROUPS_FILE


def read_groups(folder: Path) -> dict[Path, str]:
    """Groups by resolved file, from `folder`/groups.csv with the columns file (relative to it) and group.

    Empty without that list. Raises TrainingDataError where it cannot be read, or lists a file that does not exist: its
    picture would silently be somebody else's.
    """
    path = folder / GROUPS_FILE
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # Excel writes a byte-order mark
            rows = csv.DictReader(file)
            if not {"file", "group"} <= set(rows.fieldnames or ()):
                raise TrainingDataError(f"{path} needs the columns file and group.")
            return dict(_grouped(folder, row, number) for number, row in enumerate(rows, start=2))
    except UnicodeDecodeError as error:
        raise TrainingDataError(f"{path} is not in UTF-8.") from error


def _grouped(folder: Path, row: Mapping[str, str | None], number: int) -> tuple[Path, str]:
    name, group = (row["file"] or "").strip(), (row["group"] or "").strip()
    if not name or not group:
        raise TrainingDataError(f"Line {number} of {folder / GROUPS_FILE} names no {'group' if name else 'file'}.")
    if not (folder / name).is_file():
        raise TrainingDataError(
            f"Line {number} of {folder / GROUPS_FILE} names {name!r}, which is no file of {folder}; paths begin there, "
            "such as glioma/a.png."
        )
    return (folder / name).resolve(), group
