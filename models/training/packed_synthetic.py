"""Generated head slices as a pack, to be trained on beside real ones."""

from __future__ import annotations

import numpy as np

from models.preprocessing import Recipe
from models.synthetic import SyntheticScan, generate_slice
from models.training.packing import Pack, pack_image
from models.training.truth_values import TUMOUR


def pack_synthetic(count: int, recipe: Recipe, seed: int, height: int) -> Pack:
    """`count` generated head slices, of which a quarter are tumour-free; none where `count` is 0."""
    slices = [generate_slice(seed * 100_000 + i) for i in range(count)]
    pairs = [_pack_slice(s, recipe, height) for s in slices]
    return Pack(
        np.stack([image for image, _ in pairs]) if pairs else np.zeros((0, height, height), np.uint8),
        np.stack([mask for _, mask in pairs]) if pairs else np.zeros((0, height, height), np.uint8),
        ["synthetic"] * count,
        [f"synthetic-{i}" for i in range(count)],
        [-1] * count,
        [bool(s.lesions) for s in slices],
        [str(s.lesions[0].label) if s.lesions else None for s in slices],
    )


def _pack_slice(made: SyntheticScan, recipe: Recipe, height: int) -> tuple[np.ndarray, np.ndarray]:
    pixels = made.pixels.astype(np.float32) / np.iinfo(made.pixels.dtype).max
    mask = np.zeros(pixels.shape, np.uint8)
    for lesion in made.lesions:
        mask[lesion.mask] = TUMOUR
    return pack_image(pixels, mask, recipe, height)
