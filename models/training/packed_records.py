"""Annotated images as a pack: read, cropped and resized as inference does it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from models.collections import Record
from models.errors import ScanRejectedError, TrainingDataError
from models.geometry import oriented
from models.preprocessing import Recipe, crop, subject_frame
from models.reading import read_scan
from models.subjects import FINDERS_VERSION
from models.training.packing import Pack, load_pack, pixel_digest, save_pack
from models.training.truth_values import IGNORED, OTHER_TUMOUR, TUMOUR, truth_values

log = logging.getLogger(__name__)


def pack_records(records: Sequence[Record], recipe: Recipe, height: int, folder: Path) -> Pack:
    """The pack of these records, made once and kept in `folder` under a name that its content decides.

    File sizes stand for pixels: a mask that was drawn anew is packed anew.
    """
    known = [(r.image.name, r.pool, r.group, r.fold, r.tumour, r.label, _boxes(r)) for r in records]
    files = [(_size(r.image), r.mask and (r.mask.name, _size(r.mask))) for r in records]
    cut = () if recipe.subject == "head" else (recipe.subject, FINDERS_VERSION, recipe.shape)
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
