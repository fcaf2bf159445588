"""All training images, read, cropped and resized once, and kept on disk."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from models.errors import ScanRejectedError
from models.preprocessing import Recipe, head_frame
from models.reading import read_scan
from models.synthetic import SyntheticScan, generate_slice
from models.training.sources import Record, read_outline

log = logging.getLogger(__name__)
PACK_SIZE = 288  # above the network's 256, so that an enlarging augmentation still has pixels
IGNORED = 128  # mask value of pixels whose truth is not known


@dataclass(frozen=True)
class Pack:
    """Images and masks, uint8 (n, 288, 288), with what is known of each. Masks: 255 tumour, 0 not, 128 not known."""

    images: np.ndarray
    masks: np.ndarray
    pools: list[str]
    groups: list[str]
    folds: list[int]
    tumours: list[bool]
    labels: list[str | None]

    def join(self, other: Pack) -> Pack:
        """Both, one after the other."""
        return Pack(
            np.concatenate([self.images, other.images]),
            np.concatenate([self.masks, other.masks]),
            self.pools + other.pools,
            self.groups + other.groups,
            self.folds + other.folds,
            self.tumours + other.tumours,
            self.labels + other.labels,
        )


def pack_records(records: Sequence[Record], recipe: Recipe, folder: Path) -> Pack:
    """The pack of these records, made once and kept in `folder` under a name that its content decides."""
    text = repr([(r.image.name, r.pool, r.group, r.fold, r.boxes) for r in records]) + f"{recipe.margin} {PACK_SIZE}"
    place = folder / hashlib.sha256(text.encode()).hexdigest()[:16]
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
        with ThreadPoolExecutor() as pool:
            pairs = list(pool.map(partial(_pack_one, recipe=recipe), records))
        kept = [i for i, pair in enumerate(pairs) if pair is not None]
        (fresh / "kept.json").write_text(json.dumps(kept))
        np.save(fresh / "masks.npy", np.stack([pair[1] for pair in pairs if pair is not None]))
        np.save(fresh / "images.npy", np.stack([pair[0] for pair in pairs if pair is not None]))
        fresh.rename(place)  # in one step: a pack is whole or not there
    records = [records[i] for i in json.loads((place / "kept.json").read_text())]
    return Pack(
        np.load(place / "images.npy", mmap_mode="r"),
        np.load(place / "masks.npy", mmap_mode="r"),
        [r.pool for r in records],
        [r.group for r in records],
        [r.fold for r in records],
        [r.tumour for r in records],
        [r.label for r in records],
    )


def _pack_one(record: Record, recipe: Recipe) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        pixels = read_scan(record.image).pixels
    except ScanRejectedError as error:
        log.warning("left out %s of %s: %s", record.image.name, record.pool, error.reason)
        return None
    mask = np.zeros(pixels.shape, np.uint8)
    if record.mask is not None:
        mask = np.where(read_outline(record.mask), 255, 0).astype(np.uint8)
    for x0, y0, x1, y1 in record.boxes:
        mask[y0:y1, x0:x1] = IGNORED
    return pack_image(pixels, mask, recipe)


def pack_image(pixels: np.ndarray, mask: np.ndarray, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Crop and resize one image, float32 in 0..1, with its mask to uint8 (288, 288) each."""
    frame, _ = head_frame(pixels, 1, recipe, PACK_SIZE)
    image = np.clip(frame.warp(pixels) * 255, 0, 255).round().astype(np.uint8)
    unknown = frame.warp((mask == IGNORED).astype(np.float32)) > 0.5
    packed = np.where(frame.warp((mask == 255).astype(np.float32)) > 0.5, 255, 0).astype(np.uint8)
    packed[unknown] = IGNORED
    return image, packed


def pack_synthetic(count: int, recipe: Recipe, seed: int) -> Pack:
    """`count` generated head slices, of which a quarter are tumour-free; none where `count` is 0."""
    slices = [generate_slice(seed * 100_000 + i) for i in range(count)]
    pairs = [_pack_slice(s, recipe) for s in slices]
    return Pack(
        np.stack([image for image, _ in pairs]) if pairs else np.zeros((0, PACK_SIZE, PACK_SIZE), np.uint8),
        np.stack([mask for _, mask in pairs]) if pairs else np.zeros((0, PACK_SIZE, PACK_SIZE), np.uint8),
        ["synthetic"] * count,
        [f"synthetic-{i}" for i in range(count)],
        [-1] * count,
        [bool(s.lesions) for s in slices],
        [str(s.lesions[0].label) if s.lesions else None for s in slices],
    )


def _pack_slice(made: SyntheticScan, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    pixels = made.pixels.astype(np.float32) / np.iinfo(made.pixels.dtype).max
    mask = np.zeros(pixels.shape, np.uint8)
    for lesion in made.lesions:
        mask[lesion.mask] = 255
    return pack_image(pixels, mask, recipe)
