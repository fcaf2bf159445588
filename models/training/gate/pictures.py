"""Every picture that the gate is trained and tested on: collections by patient, gathered files, and drawn ones."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from models.collections import read_sources
from models.gate.view import view_of
from models.report import Kind
from models.synthetic import generate_slice
from models.training.gate.config import GateConfig
from models.training.gate.gather import PERSON_ENDS
from models.training.gate.made_up import DRAWERS
from models.training.gate.made_up.ct_of_mr import ct_of_mr
from models.training.gate.variation import shrunk, vary

FOLDS, NO_FOLD = 4, -1
SYNTHETIC = "synthetic"
AS_CT, OF_CT = ", as CT", "body-part/of-ct"
"""Sources of what `ct_of_mr` makes of a brain collection (its end), and `mr_of_ct` of the bodies in CT."""
GATHERED_KINDS = {
    "brain-mri": "brain-mri",
    "photograph": "photograph",
    "object": "photograph",
    "document": "document",
    "chart": "document",
    "screenshot": "document",
    "drawing": "drawing",
    "ct": "ct",
    "body-part": "body-part",
    "ultrasound": "body-part",
}
"""Folder of gathered pictures -> class of the gate."""


@dataclass(frozen=True)
class Picture:
    """One picture to be seen: from a file, or drawn where `path` is None; variant 0 is the picture itself.

    kind: class of the gate; source: collection, gathered kind/source or drawer; group: what a split must not tear.
    """

    kind: str
    source: str
    group: str
    fold: int
    number: int
    variant: int
    path: Path | None = None
    unseen: bool = False

    def view(self, seed: int) -> np.ndarray:
        """What the gate sees of it, (SIZE, SIZE); the same for the same seed."""
        rng = np.random.default_rng((seed, zlib.crc32(f"{self.source}/{self.number}".encode()), self.variant))
        image = shrunk(self._pixels(rng))
        image = ct_of_mr(image, rng) if self.source.endswith(AS_CT) else image
        return view_of(vary(image, rng, self.kind) if self.variant else image)

    def _pixels(self, rng: np.random.Generator) -> np.ndarray:
        if self.path is None:
            if self.source == SYNTHETIC:
                return np.asarray(generate_slice(self.number, size=256).pixels, np.uint8)
            return DRAWERS[self.source][1](rng)
        pixels = cv2.imread(str(self.path), cv2.IMREAD_GRAYSCALE)
        if pixels is None:
            raise OSError(f"{self.path} cannot be read as a picture")
        return np.asarray(pixels, np.uint8)


def is_made_of_another(picture: Picture) -> bool:
    """Whether it shows a scan of another source in another modality."""
    return picture.source.endswith(AS_CT) or picture.source == OF_CT


def all_pictures(config: GateConfig, data: Path, others: Path | None) -> list[Picture]:
    """Known kinds in `data`, gathered ones in `others`, drawn ones. Raises TrainingDataError where data has none."""
    found = [*_known(data), *(_gathered(others, config) if others else ())]
    varied = [replace(p, variant=variant) for p in found for variant in range(_variants(p, config))]
    return [*varied, *_as_ct(found, config), *_drawn(config)]


def _variants(picture: Picture, config: GateConfig) -> int:
    if picture.unseen:
        return 1
    gathered = config.variants.get(picture.source.split("/")[0], config.variants["gathered"])
    return config.variants.get(picture.source, gathered)


def _known(data: Path) -> Iterator[Picture]:
    for number, r in enumerate(read_sources(data)):
        yield Picture(Kind.BRAIN_MRI, r.pool.split("/")[0], r.group, r.fold, number, 0, r.image)
    yield from _listed(data / "mammo_mias", "lesions.csv", Kind.MAMMOGRAM)
    yield from _listed(data / "chest_drr", "images.csv", Kind.CHEST_XRAY)


def _listed(folder: Path, table: str, kind: Kind) -> Iterator[Picture]:
    """Each image of a table once; none where the collection is not there."""
    if not (folder / table).exists():
        return
    with (folder / table).open(newline="", encoding="utf-8") as file:
        rows = {row["image"]: row for row in csv.DictReader(file)}
    for number, (image, row) in enumerate(rows.items()):
        yield Picture(kind, folder.name, row["patient"], int(row["fold"]), number, 0, folder / image)


def _gathered(folder: Path, config: GateConfig) -> Iterator[Picture]:
    """Files in folder/kind/source; spread evenly over a source that has more than the config wants."""
    for place in sorted(p for p in folder.glob("*/*") if p.is_dir() and p.parent.name in GATHERED_KINDS):
        files = sorted(place.glob("*.png"))
        kind, name = place.parent.name, f"{place.parent.name}/{place.name}"
        for file in files[:: max(1, -(-len(files) // config.most_gathered))]:
            person, marked, _ = file.stem.rpartition(PERSON_ENDS)
            group, number = f"{name}/{person if marked else file.stem}", zlib.crc32(file.stem.encode())
            fold = NO_FOLD if name in config.train_only else zlib.crc32(group.encode()) % FOLDS
            unseen = config.is_unseen(kind, place.name)
            yield Picture(GATHERED_KINDS[kind], name, group, fold, number, 0, file, unseen)


def _as_ct(found: Sequence[Picture], config: GateConfig) -> Iterator[Picture]:
    """CT made of each n-th brain MR slice of the collections; every other one varied too."""
    brains = [p for p in found if p.kind == Kind.BRAIN_MRI and not p.unseen]
    for number, brain in enumerate(brains[:: config.as_ct]):
        yield replace(brain, kind="ct", source=f"{brain.source}{AS_CT}", variant=number % 2)


def _drawn(config: GateConfig) -> Iterator[Picture]:
    for name, (kind, _) in DRAWERS.items():
        for number in range(config.drawn):
            yield Picture(kind, name, f"{name}/{number}", number % FOLDS, number, number // FOLDS % 2)
    for number in range(config.drawn):
        yield Picture(Kind.BRAIN_MRI, SYNTHETIC, f"{SYNTHETIC}/{number}", number % FOLDS, number, number // FOLDS % 2)
