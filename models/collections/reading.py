"""All records of a folder of annotated images."""

from __future__ import annotations

from pathlib import Path

from models.collections.listed import LIST_FILE, read_listed
from models.collections.ours import COLLECTIONS
from models.collections.record import Record
from models.errors import TrainingDataError


def read_sources(data: Path) -> list[Record]:
    """All records of our collections that `data` holds, or of the one collection that it is (see `read_listed`).

    Raises TrainingDataError where it holds none, or a list is damaged.
    """
    try:
        records = _read(data)
    except (OSError, KeyError, ValueError) as error:
        raise TrainingDataError(f"The list of images in {data} cannot be read: {error!r}.") from error
    if not records:
        known = ", ".join(c.folder for c in COLLECTIONS)
        raise TrainingDataError(f"{data} holds no collection: neither {LIST_FILE} nor a folder {known}.")
    return records


def _read(data: Path) -> list[Record]:
    """One of ours is known by its folder's name, for its list has columns of its own."""
    for collection in COLLECTIONS:
        if collection.folder == data.resolve().name:
            return list(collection.read(data))
    if (data / LIST_FILE).is_file():
        return read_listed(data)
    return [r for c in COLLECTIONS if (data / c.folder).is_dir() for r in c.read(data / c.folder)]
