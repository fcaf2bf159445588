"""One annotated image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in stored pixels, top-left origin, half-open."""


@dataclass(frozen=True)
class Record:
    """One annotated image: `mask` where pixels are known, `boxes` where only those are, neither if tumour-free.

    pool: collection and what training draws by (`brain_lgg/free`); counted_as: the source whose figures it belongs to,
    where that is not its collection.
    """

    image: Path
    pool: str
    group: str
    fold: int
    tumour: bool
    label: str | None = None
    mask: Path | None = None
    boxes: tuple[Box, ...] = ()
    mm_per_pixel: float | None = None  # where the file itself does not say
    counted_as: str | None = None

    @property
    def kind(self) -> str:
        """Pool and type, by which groups are drawn."""
        return f"{self.pool} {self.label}"

    @property
    def collection(self) -> str:
        """The collection that it comes from."""
        return collection_of(self.pool)

    @property
    def source(self) -> str:
        """Whose figures it belongs to: one collection, and within it what has cases of both kinds."""
        return self.counted_as or self.collection

    @property
    def patient(self) -> str:
        """Its group by a name that no group of another collection has."""
        return patient_of(self.pool, self.group)


def collection_of(pool: str) -> str:
    """The folder whose images a pool is of."""
    return pool.partition("/")[0]


def patient_of(pool: str, group: str) -> str:
    """A group's name among those of all collections."""
    return f"{collection_of(pool)}/{group}"


def several_types(pairs: Iterable[tuple[str, str | None]]) -> frozenset[str]:
    """Of (pool or source, type) pairs, those that have two types or more: in any other, the type is the source."""
    types_of: dict[str, set[str]] = defaultdict(set)
    for name, label in pairs:
        if label:
            types_of[name].add(label)
    return frozenset(name for name, types in types_of.items() if len(types) > 1)
