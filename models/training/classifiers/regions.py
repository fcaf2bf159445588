"""Cut lesions with their surroundings out of every image of known type: pictures for `oncoqueue train classic`."""

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
from models.collections import COLLECTIONS, Record, collection_of, lesion_masks, truth_mask
from models.errors import ScanRejectedError, TrainingDataError
from models.findings import work_frame
from models.preprocessing import Recipe, prepare
from models.reading import read_scan
from models.release import Release
from models.training.classifiers.parts import TEST, parts_of, tested_fold, typed_records

CROP_FILE, GROUPS_FILE = "crop.json", "groups.csv"
SURROUND = 2.0  # the box and half of it on each side
LEAST = 0.35  # of the subject, such as the head: a small tumour still shows where it lies


@dataclass(frozen=True)
class CutOut:
    """How many pictures were written for training and testing, and how many images gave none."""

    train: int
    test: int
    refused: int


def cut_regions(data: Path, out: Path, size: int, network: Release, done: Callable[[int, int], None]) -> CutOut:
    """Write `out`/train|validation|test/<type>/*.png, groups.csv and crop.json; tell `done`(number, of).

    Test are patients of `tested_fold`, validation those whom the network was calibrated on. `out` appears in one
    step. Raises TrainingDataError where `out` is in use, no collection has several types, or nobody is left to test on.
    """
    if out.exists() and any(out.iterdir()):
        raise TrainingDataError(f"{out} is not empty; name a new folder: old pictures must not mix with new ones.")
    parts = parts_of(typed_records(data, network), network)
    if TEST not in parts.values():
        raise TrainingDataError(f"{network.id} holds out nobody here, so no picture is left to test a classifier on.")
    out.parent.mkdir(parents=True, exist_ok=True)
    recipe = CropRecipe(size, SURROUND, LEAST)
    with tempfile.TemporaryDirectory(prefix=f"{out.name}-", dir=out.parent) as fresh:
        whole = Path(fresh) / "whole"
        groups, refused = _write_pictures(parts, recipe, network, whole, done)
        _write_facts(recipe, network, groups, parts, whole)
        whole.rename(out)
    test = sum(name.startswith(f"{TEST}/") for name, _ in groups)
    return CutOut(len(groups) - test, test, refused)


def _write_pictures(
    parts: Mapping[Record, str],
    recipe: CropRecipe,
    network: Release,
    folder: Path,
    done: Callable[[int, int], None],
) -> tuple[list[tuple[str, str]], int]:
    """The name of each picture that was written, with its patient, and how many images gave none."""
    groups, refused = list[tuple[str, str]](), 0
    for number, (record, part) in enumerate(parts.items(), start=1):
        done(number, len(parts))
        pictures = _cut(record, recipe, network.recipe)
        refused += not pictures
        for which, (label, picture) in enumerate(pictures):
            name = f"{part}/{label}/{number:05d}{f'-{which}' if which else ''}.png"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / name), picture)
            groups.append((name, record.patient))
    return groups, refused


def _write_facts(
    recipe: CropRecipe, network: Release, groups: list[tuple[str, str]], records: Iterable[Record], folder: Path
) -> None:
    with (folder / GROUPS_FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "group"), *groups])
    values = {
        **asdict(recipe),
        "fold": tested_fold(network),
        "network": network.id,
        "kind": network.kind,
        "sources": _about({r.pool for r in records}),
    }
    (folder / CROP_FILE).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def _about(pools: set[str]) -> list[str]:
    """What a card must say of the collections, their licence among it."""
    return [c.about for c in COLLECTIONS if c.folder in map(collection_of, pools)]


def _cut(record: Record, recipe: CropRecipe, whole: Recipe) -> list[tuple[str, np.ndarray]]:
    """The crops that inference would make, were these regions found, with their types; none of an image refused."""
    try:
        prepared = prepare(read_scan(record.image), whole)
    except ScanRejectedError:
        return []
    frame = work_frame(prepared)
    marked = ((t, frame.warp(m.astype(np.float32)) > 0.5) for t, m in _regions(record, prepared.scan.pixels.shape))
    return [(label, recipe.cut(prepared, region_box(mask, frame))) for label, mask in marked if mask.any()]


def _regions(record: Record, shape: tuple[int, ...]) -> list[tuple[str, np.ndarray]]:
    """Type and place, bool (height, width), of each lesion that counts; of the image's truth where that is one."""
    if not record.by_centre:
        return [(record.label or "", truth_mask(record, shape))]
    each = zip(record.lesions, lesion_masks(record, shape), strict=True)
    return [(lesion.label, mask) for lesion, mask in each if lesion.counts and lesion.label]
