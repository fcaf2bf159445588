"""All records of a folder of annotated images."""

from __future__ import annotations

from pathlib import Path

from models.collections.listed import LIST_FILE, read_listed
from models.collections.ours import COLLECTIONS
from models.collections.record import Record
from models.errors import TrainingDataError
from models.report import Kind


def read_sources(data: Path, kind: Kind = Kind.BRAIN_MRI) -> list[Record]:
    """All records of our collections of that kind that `data` holds, or of the one collection that it is.

    A folder with a list of anybody's (see `read_listed`) is taken to be of the kind that is asked for. Raises
    TrainingDataError where there is none, or a list is damaged.
    """
    try:
        records = _read(data, kind)
    except (OSError, KeyError, ValueError) as error:
        raise TrainingDataError(f"The list of images in {data} cannot be read: {error!r}.") from error
    if not records:
        known = ", ".join(c.folder for c in COLLECTIONS if c.kind == kind)
        raise TrainingDataError(f"{data} holds no collection: neither {LIST_FILE} nor a folder {known}.")
    return records


def _read(data: Path, kind: Kind) -> list[Record]:
    """One of ours is known by its folder's name, for its list has columns of its own."""
    for collection in COLLECTIONS:
        if collection.folder == data.resolve().name:
            if collection.kind != kind:
                raise TrainingDataError(f"{data} holds images of the kind {collection.kind}, and not {kind}.")
            return list(collection.read(data))
    if (data / LIST_FILE).is_file():
        return read_listed(data)
    ours = (c for c in COLLECTIONS if c.kind == kind and (data / c.folder).is_dir())
    return [record for c in ours for record in c.read(data / c.folder)]
