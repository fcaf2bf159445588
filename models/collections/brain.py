"""Brain MRI: three collections, each by its own CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.collections.collection import Collection
from models.collections.listed import EDGES
from models.collections.record import Lesion, Record
from models.collections.rows import rows

POST_CONTRAST = "brain_lgg_post"
"""What post-contrast slices of `brain_lgg` are counted as: none of them has a lesion, so a figure over both sequences
would tell the sequence and not the tumour."""


def _brain_t1ce(folder: Path) -> Iterator[Record]:
    """Every slice has a tumour of known type and outline."""
    for row in rows(folder / "slices.csv"):
        yield Record(
            folder / row["image"], "brain_t1ce", f"t1ce-{row['group']}", int(row["fold"]), True, row["label"],
            folder / row["mask"], mm_per_pixel=float(row["mm_per_pixel"]),
        )  # fmt: skip


def _brain_lgg(folder: Path) -> Iterator[Record]:
    """FLAIR slices with their outline; post-contrast ones only where tumour-free, as the outline is FLAIR's."""
    for row in rows(folder / "slices.csv"):
        group, fold, flair = f"lgg-{row['patient']}", int(row["fold"]), folder / row["flair"]
        if row["has_lesion"] == "1":
            yield Record(flair, "brain_lgg/lesion", group, fold, True, "glioma", folder / row["mask"])
            continue
        yield Record(flair, "brain_lgg/free", group, fold, False)
        if row["post"]:
            yield Record(folder / row["post"], "brain_lgg/free", group, fold, False, counted_as=POST_CONTRAST)


def _brain_br35h(folder: Path) -> Iterator[Record]:
    """Boxes only, the type unknown."""
    for row in rows(folder / "images.csv"):
        group, fold, tumour = f"br35h-{row['group']}", int(row["fold"]), row["label"] == "tumor"
        lesions = (Lesion(tuple(int(float(row[k])) for k in EDGES)),) if tumour else ()  # type: ignore[arg-type]
        yield Record(folder / row["image"], f"brain_br35h/{row['label']}", group, fold, tumour, lesions=lesions)


BRAIN_COLLECTIONS = (
    Collection(
        "brain_t1ce",
        _brain_t1ce,
        "Contrast-enhanced T1 slices with type and outline (Cheng 2017, doi 10.6084/m9.figshare.1512427, CC BY 4.0).",
        "What tells types apart was learnt on contrast-enhanced T1 alone (brain_t1ce, where every slice has a tumour).",
    ),
    Collection(
        "brain_lgg",
        _brain_lgg,
        "Lower-grade glioma: FLAIR with outline, tumour-free FLAIR and post-contrast slices (TCGA-LGG, Buda 2019; "
        "taken as CC BY-NC-SA).",
        "Every tumour of brain_lgg, so every one of known type on FLAIR, was a glioma.",
    ),
    Collection(
        "brain_br35h",
        _brain_br35h,
        "Br35H 2020: mixed web-sourced slices with boxes, and without tumour (licence unclear; research only).",
        "Some slices of Br35H that count as tumour-free show other disease.",
    ),
)
