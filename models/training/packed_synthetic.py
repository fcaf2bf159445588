"""Generated images as a pack, to be trained on beside real ones."""

from __future__ import annotations

import numpy as np

from models.preprocessing import Recipe
from models.presets import PRESETS
from models.report import Kind
from models.synthetic import SyntheticScan, generate_scan
from models.training.packed_records import pack_image
from models.training.packing import Pack
from models.training.truth_values import OTHER_TUMOUR, TUMOUR


def pack_synthetic(count: int, recipe: Recipe, seed: int, height: int, kind: Kind = Kind.BRAIN_MRI) -> Pack:
    """`count` generated images of a kind, one or more, of which a quarter are tumour-free."""
    scans = [generate_scan(kind, seed * 100_000 + i) for i in range(count)]
    labels = [_gravest(scan) for scan in scans]
    pairs = [_pack_scan(scan, label, recipe, height) for scan, label in zip(scans, labels, strict=True)]
    return Pack(
        np.stack([image for image, _ in pairs]),
        np.stack([mask for _, mask in pairs]),
        ["synthetic"] * count,
        [f"synthetic-{i}" for i in range(count)],
        [-1] * count,
        [label is not None for label in labels],
        labels,
    )


def _gravest(scan: SyntheticScan) -> str | None:
    """The type of the scan's lesions that is malignant most often; None where it has none."""
    share = PRESETS[scan.kind].malignant_share
    return max((str(lesion.label) for lesion in scan.lesions), key=share.__getitem__, default=None)


def _pack_scan(scan: SyntheticScan, label: str | None, recipe: Recipe, height: int) -> tuple[np.ndarray, np.ndarray]:
    pixels = scan.pixels.astype(np.float32) / np.iinfo(scan.pixels.dtype).max
    mask = np.zeros(pixels.shape, np.uint8)
    for lesion in scan.lesions:
        mask[lesion.mask] = TUMOUR if lesion.label == label else OTHER_TUMOUR
    return pack_image(pixels, mask, recipe, height)
