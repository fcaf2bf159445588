"""Cut the tumour with its surroundings out of every slice of known type: pictures for `oncoqueue train classic`."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from models.classifiers.crop import CropRecipe, region_box
from models.collections import COLLECTIONS, Record, read_sources, truth_mask
from models.errors import ScanRejectedError, TrainingDataError
from models.findings import work_frame
from models.preprocessing import Recipe, prepare
from models.presets import BRAIN_MRI
from models.reading import read_scan
from models.training.config import load_config
from models.training.splitting import split

CROP_FILE, GROUPS_FILE = "crop.json", "groups.csv"
SURROUND = 2.0  # the box and half of it on each side
LEAST = 0.35  # of the head: a small tumour still shows where it lies


@dataclass(frozen=True)
class CutOut:
    """How many pictures were written for training and testing, and how many slices were refused by the reader."""

    train: int
    test: int
    refused: int


def cut_regions(data: Path, out: Path, size: int, fold: int, done: Callable[[int, int], None]) -> CutOut:
    """Write `out`/train|validation|test/<type>/*.png, groups.csv and crop.json; tell `done`(number, of).

    `fold` is the test; validation are the groups that the network of that fold is calibrated on.
    Raises TrainingDataError where `out` is in use or no collection has several types.
    """
    if out.exists() and any(out.iterdir()):
        raise TrainingDataError(f"{out} is not empty; name a new folder: old pictures must not mix with new ones.")
    records, recipe = list(typed_records(data)), CropRecipe(size, SURROUND, LEAST)
    parts = parts_of(records, fold)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f"{out.name}.") as folder:
        cut = _cut_into(Path(folder) / out.name, list(zip(records, parts, strict=True)), recipe, fold, done)
        (Path(folder) / out.name).replace(out)  # in one step: a folder that was cut in part looks like whole images
    return cut


def _cut_into(
    out: Path, records: Sequence[tuple[Record, str]], recipe: CropRecipe, fold: int, done: Callable[[int, int], None]
) -> CutOut:
    """Write the pictures of `records`, each with its part, the groups and the recipe."""
    out.mkdir()
    groups: list[tuple[str, str]] = []
    for number, (record, part) in enumerate(records, start=1):
        done(number, len(records))
        picture = _cut(record, recipe)
        if picture is None:
            continue
        name = f"{part}/{record.label}/{number:05d}.png"
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(out / name), picture)
        groups.append((name, record.group))
    with (out / GROUPS_FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "group"), *groups])
    values = {**asdict(recipe), "fold": fold, "sources": _about({r.pool for r, _ in records})}
    (out / CROP_FILE).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    test = sum(name.startswith("test/") for name, _ in groups)
    return CutOut(len(groups) - test, test, len(records) - len(groups))


def parts_of(records: Sequence[Record], fold: int) -> list[str]:
    """The part of each record, as for the network: neither learns from whom the other is calibrated on."""
    share = load_config(BRAIN_MRI.release or "").calibration_share
    places = split([r.group for r in records], [r.fold for r in records], [r.kind for r in records], fold, share)
    names = dict.fromkeys(range(len(records)), "train")
    names |= dict.fromkeys(places.calibration, "validation") | dict.fromkeys(places.test, "test")
    return list(names.values())


def typed_records(data: Path) -> Iterator[Record]:
    """Slices with a known place and type, of collections with two types or more: one type alone shows the source."""
    records = [r for r in read_sources(data) if r.tumour and r.label and (r.mask or r.boxes)]
    several = {pool for pool in {r.pool for r in records} if len(_types_of(pool, records)) > 1}
    if not several:
        raise TrainingDataError(f"No collection in {data} has tumours of several types.")
    return (r for r in records if r.pool in several)


def _about(pools: set[str]) -> list[str]:
    """What a card must say of the collections, their licence among it."""
    return [c.about for c in COLLECTIONS if any(pool.startswith(c.folder) for pool in pools)]


def _types_of(pool: str, records: Sequence[Record]) -> set[str | None]:
    return {r.label for r in records if r.pool == pool}


def _cut(record: Record, recipe: CropRecipe) -> np.ndarray | None:
    """The crop that inference would make, were this region found; None for a slice that is refused."""
    try:
        prepared = prepare(read_scan(record.image), Recipe())
    except ScanRejectedError:
        return None
    frame = work_frame(prepared)
    truth = frame.warp(truth_mask(record, prepared.scan.pixels.shape).astype(np.float32)) > 0.5
    return recipe.cut(prepared, region_box(truth, frame)) if truth.any() else None
