"""One of our collections: a folder of annotated images with a list of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.collections.record import Lesion, Record
from models.report import Kind


@dataclass(frozen=True)
class Collection:
    """A folder of annotated images, how it is read, and what a model card says of it.

    about: with its terms; limit: what a model that was trained on it cannot be trusted with. remark: what stands beside
    its name wherever a figure does. groups: of which lesions that count an evaluation speaks by themselves, by
    name.
    """

    folder: str
    read: Callable[[Path], Iterator[Record]]
    about: str
    limit: str
    kind: Kind = Kind.BRAIN_MRI
    remark: str = ""
    groups: tuple[tuple[str, Callable[[Lesion], bool]], ...] = ()
