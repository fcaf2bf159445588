"""Cut the tumour with its surroundings out of every slice of known type: pictures for `oncoqueue train classic`."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from models.classifiers.crop import CropRecipe, region_box
from models.collections import COLLECTIONS, Record, collection_of, truth_mask
from models.errors import ScanRejectedError, TrainingDataError
from models.findings import work_frame
from models.preprocessing import Recipe, prepare
from models.reading import read_scan
from models.release import Release
from models.training.classifiers.parts import TEST, parts_of, typed_records

CROP_FILE, GROUPS_FILE = "crop.json", "groups.csv"
SURROUND = 2.0  # the box and half of it on each side
LEAST = 0.35  # of the head: a small tumour still shows where it lies


@dataclass(frozen=True)
class CutOut:
    """How many pictures were written for training and testing, and how many slices were refused by the reader."""

    train: int
    test: int
    refused: int


def cut_regions(data: Path, out: Path, size: int, network: Release, done: Callable[[int, int], None]) -> CutOut:
    """Write `out`/train|validation|test/<type>/*.png, groups.csv and crop.json; tell `done`(number, of).

    Test are patients of the network's held-out fold, validation those whom it was calibrated on. `out` appears in one
    step. Raises TrainingDataError where `out` is in use, no collection has several types, or nobody is left to test on.
    """
    if out.exists() and any(out.iterdir()):
        raise TrainingDataError(f"{out} is not empty; name a new folder: old pictures must not mix with new ones.")
    parts = parts_of(typed_records(data), network)
    if TEST not in parts.values():
        raise TrainingDataError(f"{network.id} holds out nobody here, so no picture is left to test a classifier on.")
    out.parent.mkdir(parents=True, exist_ok=True)
    recipe = CropRecipe(size, SURROUND, LEAST)
    with tempfile.TemporaryDirectory(prefix=f"{out.name}-", dir=out.parent) as fresh:
        whole = Path(fresh) / "whole"
        groups = _write_pictures(parts, recipe, whole, done)
        _write_facts(recipe, network, groups, parts, whole)
        whole.rename(out)
    test = sum(name.startswith(f"{TEST}/") for name, _ in groups)
    return CutOut(len(groups) - test, test, len(parts) - len(groups))


def _write_pictures(
    parts: Mapping[Record, str], recipe: CropRecipe, folder: Path, done: Callable[[int, int], None]
) -> list[tuple[str, str]]:
    """The name of each picture that was written, with its patient."""
    groups: list[tuple[str, str]] = []
    for number, (record, part) in enumerate(parts.items(), start=1):
        done(number, len(parts))
        picture = _cut(record, recipe)
        if picture is None:
            continue
        name = f"{part}/{record.label}/{number:05d}.png"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), picture)
        groups.append((name, record.patient))
    return groups


def _write_facts(
    recipe: CropRecipe, network: Release, groups: list[tuple[str, str]], records: Iterable[Record], folder: Path
) -> None:
    with (folder / GROUPS_FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "group"), *groups])
    values = {
        **asdict(recipe),
        "fold": network.held_out_fold,
        "network": network.id,
        "sources": _about({r.pool for r in records}),
    }
    (folder / CROP_FILE).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def _about(pools: set[str]) -> list[str]:
    """What a card must say of the collections, their licence among it."""
    return [c.about for c in COLLECTIONS if c.folder in map(collection_of, pools)]


def _cut(record: Record, recipe: CropRecipe) -> np.ndarray | None:
    """The crop that inference would make, were this region found; None for a slice that is refused."""
    try:
        prepared = prepare(read_scan(record.image), Recipe())
    except ScanRejectedError:
        return None
    frame = work_frame(prepared)
    truth = frame.warp(truth_mask(record, prepared.scan.pixels.shape).astype(np.float32)) > 0.5
    return recipe.cut(prepared, region_box(truth, frame)) if truth.any() else None
