"""All training images, read, cropped and resized once: a folder that training needs nothing beside."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from models.collections import Record
from models.errors import ScanRejectedError, TrainingDataError
from models.geometry import oriented
from models.preprocessing import Recipe, crop, subject_frame
from models.reading import read_scan
from models.training.compact import unfold, write_pieces
from models.training.truth_values import IGNORED, OTHER_TUMOUR, TUMOUR, truth_values

log = logging.getLogger(__name__)
FACTS = "pack.json"  # what is known of each image; a folder without it is no pack


@dataclass(frozen=True, eq=False)
class Picture:
    """One image with its mask (see `truth_values`), (h, w) each, whether it holds a tumour, and of which type."""

    image: np.ndarray
    mask: np.ndarray
    tumour: bool
    label: str | None


@dataclass(frozen=True)
class Pack:
    """Images and masks, uint8 (n, height, width), with what is known of each."""

    images: np.ndarray
    masks: np.ndarray
    pools: list[str]
    groups: list[str]
    folds: list[int]
    tumours: list[bool]
    labels: list[str | None]
    digest: str = ""  # of the pixels, but for those that a seed decides

    @property
    def kinds(self) -> list[str]:
        """Pool and type of each image, by which groups are drawn."""
        return [f"{pool} {label}" for pool, label in zip(self.pools, self.labels, strict=True)]

    def picture(self, index: int) -> Picture:
        """The image of that number, uint8."""
        return Picture(self.images[index], self.masks[index], self.tumours[index], self.labels[index])

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
            self.digest + other.digest,
        )


def is_pack(folder: Path) -> bool:
    """Whether `folder` is one pack, and not a place where several are kept."""
    return (folder / FACTS).exists()


def save_pack(pack: Pack, folder: Path) -> None:
    """Write a new pack; `folder` appears in one step, so that a pack is whole or not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
    _write_facts(pack, fresh)
    np.save(fresh / "masks.npy", pack.masks)
    np.save(fresh / "images.npy", pack.images)
    fresh.rename(folder)


def save_compact(pack: Pack, folder: Path) -> list[Path]:
    """The pack in pieces small enough to carry; gives their paths. `load_pack` reads it like any other."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = write_pieces(pack.images, pack.masks, folder)
    _write_facts(pack, folder)
    return pieces


def _write_facts(pack: Pack, folder: Path) -> None:
    """Everything but the pixels."""
    facts = {name: getattr(pack, name) for name in ("pools", "groups", "folds", "tumours", "labels", "digest")}
    (folder / FACTS).write_text(json.dumps(facts) + "\n", encoding="utf-8")


def load_pack(folder: Path) -> Pack:
    """The pack in `folder`, pixels mapped from the disk; a compact one is unfolded beside its pieces, once.

    Raises TrainingDataError where it is no pack or a piece is missing.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TrainingDataError(f"{folder} is no pack; `oncoqueue pack` makes one.") from error
    if not (folder / "images.npy").exists():
        unfold(folder, len(facts["pools"]))
    images, masks = (np.load(folder / name, mmap_mode="r") for name in ("images.npy", "masks.npy"))
    noted = facts.pop("digest", "")  # packs of before have none
    return Pack(images, masks, **facts, digest=noted or pixel_digest(images, masks))


def pixel_digest(images: np.ndarray, masks: np.ndarray) -> str:
    """Of uint8 (n, height, width) each. A pack keeps it: what unfolds a compact one elsewhere may round apart."""
    digest = hashlib.blake2b(digest_size=16)
    for square in itertools.chain(images, masks):
        digest.update(square.tobytes())
    return digest.hexdigest()


def pack_records(records: Sequence[Record], recipe: Recipe, height: int, folder: Path) -> Pack:
    """The pack of these records, made once and kept in `folder` under a name that its content decides.

    File sizes stand for pixels: a mask that was drawn anew is packed anew.
    """
    known = [(r.image.name, r.pool, r.group, r.fold, r.tumour, r.label, _boxes(r)) for r in records]
    files = [(_size(r.image), r.mask and (r.mask.name, _size(r.mask))) for r in records]
    cut = () if recipe.subject == "head" else (recipe.subject, recipe.shape)
    text = repr((known, files, recipe.crop, recipe.margin, height, *cut))
    place = folder / hashlib.sha256(text.encode()).hexdigest()[:16]
    if not place.exists():
        log.info("reading, cropping and resizing %d images, which is done once", len(records))
        save_pack(make_pack(records, recipe, height), place)
    return load_pack(place)


def _boxes(record: Record) -> tuple[object, ...]:
    """Of its lesions; of one that is one of several, what else decides how it is packed."""
    if not record.by_centre:
        return tuple(lesion.box for lesion in record.lesions)
    return tuple((lesion.box, lesion.label, lesion.counts) for lesion in record.lesions)


def _size(path: Path) -> int:
    """In bytes; 0 of a missing file, which is left out."""
    return path.stat().st_size if path.exists() else 0


def make_pack(records: Sequence[Record], recipe: Recipe, height: int, step: Callable[[], None] = lambda: None) -> Pack:
    """All images that can be read, in memory; `step` is called after each. Raises TrainingDataError where none can."""
    pairs = []
    with ThreadPoolExecutor() as pool:
        for pair in pool.map(partial(_pack_one, recipe=recipe, height=height), records):
            pairs.append(pair)
            step()
    done = [(record, pair) for record, pair in zip(records, pairs, strict=True) if pair is not None]
    if not done:
        raise TrainingDataError("None of the images can be read.")
    images, masks = (np.stack(part) for part in zip(*(pair for _, pair in done), strict=True))
    return Pack(
        images,
        masks,
        [r.pool for r, _ in done],
        [r.group for r, _ in done],
        [r.fold for r, _ in done],
        [r.tumour for r, _ in done],
        [r.label for r, _ in done],
        pixel_digest(images, masks),
    )


def _pack_one(record: Record, recipe: Recipe, height: int) -> tuple[np.ndarray, np.ndarray] | None:
    """As inference sees it; None for a file that a reader refuses."""
    try:
        scan = read_scan(record.image)
    except ScanRejectedError as error:
        log.warning("left out %s of %s: %s", record.image.name, record.pool, error.reason)
        return None
    mask = truth_values(record, scan.pixels.shape)
    return pack_image(oriented(scan.pixels, scan.orientation), oriented(mask, scan.orientation), recipe, height)


def pack_image(pixels: np.ndarray, mask: np.ndarray, recipe: Recipe, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Crop and resize one image as displayed, float32 in 0..1, with its mask to uint8 (height, width) each."""
    width = round(height * recipe.shape[1] / recipe.shape[0])
    frame, subject = subject_frame(pixels, 1, recipe, (width, height))
    image = np.clip(crop(pixels, frame, subject) * 255, 0, 255).round().astype(np.uint8)
    packed = np.zeros(image.shape, np.uint8)
    for value in (TUMOUR, OTHER_TUMOUR, IGNORED):
        packed[frame.warp((mask == value).astype(np.float32)) > 0.5] = value
    return (image[:, ::-1], packed[:, ::-1]) if subject.mirrored else (image, packed)
