"""Chest X-rays: simulated from the CT scans of LIDC-IDRI, with the nodules that its radiologists marked there."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from models.collections.collection import Collection
from models.collections.listed import EDGES
from models.collections.record import Lesion, Record
from models.collections.rows import rows
from models.report import Kind

INDETERMINATE, SUSPICIOUS = "indeterminate opacity", "suspicious opacity"
LEAST_READERS, LEAST_MM = 3, 8.0  # what fewer marked, or is smaller, is mostly not to be seen in the projection
SUSPICIOUS_ABOVE = 3.5  # of the readers' mean rating from 1 to 5: an opinion, no pathology
LARGE_MM = 15.0
FROM_8_MM, FROM_15_MM = "nodules of 8 mm or more", "nodules of 15 mm or more"
MARGIN = 0.25


def _chest_drr(folder: Path) -> Iterator[Record]:
    """One record an image. Where nodules are marked and none counts, it is neither a positive nor a clean one."""
    nodules: dict[str, list[Lesion]] = defaultdict(list)
    for row in rows(folder / "nodules.csv"):
        nodules[row["image"]].append(_nodule(row))
    for row in rows(folder / "images.csv"):
        yield _record(folder, row, tuple(nodules[row["image"]]))


def _record(folder: Path, row: Mapping[str, str], nodules: tuple[Lesion, ...]) -> Record:
    """The mask shows all nodules of the image, also those that do not count. The pixel spacing is not known."""
    labels = {nodule.label for nodule in nodules if nodule.counts}
    label = None if not labels else SUSPICIOUS if SUSPICIOUS in labels else INDETERMINATE
    return Record(
        image=folder / row["image"],
        pool=f"chest_drr/{'nodule' if labels else 'doubtful' if nodules else 'free'}",
        group=f"drr-{row['patient']}",
        fold=int(row["fold"]),
        tumour=bool(labels),
        label=label,
        mask=folder / row["mask"] if nodules else None,
        lesions=nodules,
        centre_margin=MARGIN,
        malignant=label == SUSPICIOUS,
    )


def _nodule(row: Mapping[str, str]) -> Lesion:
    x0, y0, x1, y1 = (float(row[edge]) for edge in EDGES)
    diameter = float(row["mean_diameter_mm"])
    return Lesion(
        box=(math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)),
        label=SUSPICIOUS if float(row["mean_malignancy"]) > SUSPICIOUS_ABOVE else INDETERMINATE,
        diameter_mm=diameter,
        counts=int(row["n_readers"]) >= LEAST_READERS and diameter >= LEAST_MM,
    )


CHEST_DRR = Collection(
    "chest_drr",
    _chest_drr,
    "Simulated chest X-rays, digitally reconstructed from the CT scans of LIDC-IDRI (CC BY 3.0), with the nodules that "
    "radiologists marked on CT and their rating of malignancy, which is an opinion and no pathology (academic use).",
    "Every chest image was simulated from CT; nothing was measured on a real chest X-ray. Many nodules that were seen "
    "on CT cannot be seen in the projection.",
    Kind.CHEST_XRAY,
    "simulated X-rays",
    groups=(
        (FROM_8_MM, lambda _: True),
        (FROM_15_MM, lambda nodule: (nodule.diameter_mm or 0.0) >= LARGE_MM),
    ),
)
