"""Mammograms: mini-MIAS, digitised film with lesions marked by circles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from models.collections.collection import Collection
from models.collections.record import Lesion, Record
from models.collections.rows import rows
from models.report import Kind

BENIGN, SUSPICIOUS = "benign lesion", "suspicious lesion"
LABELS = {"B": BENIGN, "M": SUSPICIOUS}
NORMAL = "NORM"
MASSES = ("CIRC", "SPIC", "MISC")  # circumscribed, spiculated, other; CALC, ARCH and ASYM are no masses
OF_MASSES, ALL_LOCATED = "masses (CIRC, SPIC, MISC)", "all located lesions"
Row = Mapping[str, str]


def _mammo_mias(folder: Path) -> Iterator[Record]:
    """One record an image, of several rows where it has several lesions.

    A lesion without a circle lies somewhere in its image: that is not normal, and no place can be scored on it.
    """
    images: dict[str, list[Row]] = defaultdict(list)
    for row in rows(folder / "lesions.csv"):
        images[row["image"]].append(row)
    for image, found in images.items():
        yield _record(folder, image, found)


def _record(folder: Path, image: str, found: Sequence[Row]) -> Record:
    first, labels = found[0], {LABELS[row["severity"]] for row in found if row["finding"] != NORMAL}
    return Record(
        image=folder / image,
        pool=f"mammo_mias/{'lesion' if labels else 'normal'}",
        group=f"mias-{first['patient']}",
        fold=int(first["fold"]),
        tumour=bool(labels),
        label=max(labels, default=None),  # 'suspicious' comes after 'benign'
        mask=folder / first["mask"] if first["mask"] else None,
        lesions=tuple(_lesion(row) for row in found if row["radius"]),
        mm_per_pixel=float(first["mm_per_pixel"]),
        centre_margin=0.0,
        malignant=SUSPICIOUS in labels,
    )


def _lesion(row: Row) -> Lesion:
    """The square around the circle; its centre is a pixel."""
    x, y, radius = (int(row[column]) for column in ("x", "y", "radius"))
    box = (max(x - radius, 0), max(y - radius, 0), x + radius + 1, y + radius + 1)
    return Lesion(box, LABELS[row["severity"]], 2 * radius * float(row["mm_per_pixel"]), finding=row["finding"])


MAMMO_MIAS = Collection(
    "mammo_mias",
    _mammo_mias,
    "mini-MIAS (Suckling 1994): digitised film mammograms at 0.2 mm, two of each patient, lesions marked by circles "
    "(research only, to be cited).",
    "Every mammogram of mini-MIAS is digitised film of the 1990s, in one projection (oblique); digital ones look "
    "otherwise.",
    Kind.MAMMOGRAM,
    "mini-MIAS, Suckling 1994",
    groups=(
        (OF_MASSES, lambda lesion: lesion.finding in MASSES),
        ("malignant masses", lambda lesion: lesion.finding in MASSES and lesion.label == SUSPICIOUS),
        (ALL_LOCATED, lambda _: True),
    ),
)
