"""One annotated image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in stored pixels, top-left origin, half-open."""


@dataclass(frozen=True)
class Lesion:
    """One annotated lesion of an image, at a known place.

    finding: what its collection calls it (CIRC, CALC), where that is finer than the type. counts: where not, an
    evaluation neither wants it found nor minds a candidate on it, and training should learn nothing from it.
    """

    box: Box
    label: str | None = None
    diameter_mm: float | None = None
    counts: bool = True
    finding: str | None = None


@dataclass(frozen=True)
class Record:
    """One annotated image: `mask` where pixels are known, `lesions` where it is known lesion by lesion.

    tumour: it holds one that counts, at a known place or not; label: its type, of several the gravest. malignant:
    whether the annotation has a malignant one in the image, where it says so. pool: collection and what training draws
    by (`brain_lgg/free`); counted_as: the source whose figures it belongs to, where that is not its collection.
    centre_margin: how a candidate hits. None: by its overlap with the truth. A number: the centre of its box lies in
    the box of a lesion, widened on each side by that share of its width and height.
    """

    image: Path
    pool: str
    group: str
    fold: int
    tumour: bool
    label: str | None = None
    mask: Path | None = None
    lesions: tuple[Lesion, ...] = ()
    mm_per_pixel: float | None = None  # where the file itself does not say
    counted_as: str | None = None
    centre_margin: float | None = None
    malignant: bool | None = None

    @property
    def clean(self) -> bool:
        """Nothing in it: no tumour, nor a lesion that does not count."""
        return not self.tumour and not self.lesions

    @property
    def by_centre(self) -> bool:
        """Whether a hit is decided by a candidate's centre, lesion by lesion."""
        return self.centre_margin is not None

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
