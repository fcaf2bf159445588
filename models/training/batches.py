"""Batches for Keras: which images an epoch holds, and the targets of the network's four heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import keras
import numpy as np

from models.networks.region_net import HEADS, STRIDES
from models.preprocessing import Recipe, enhance_steps
from models.training.augmentation import augment
from models.training.implanting import NO_IMPLANTS, Implants
from models.training.losses import UNKNOWN
from models.training.packing import Pack, Picture
from models.training.placing import ANYWHERE, Places
from models.training.shadows import cast_shadows
from models.training.truth_values import IGNORED, TUMOUR, is_tumour
from models.training.variation import UNVARIED, Variation, happens
from models.training.windows import cut_window

Targets = dict[str, np.ndarray]
STEP_DROPOUT = {"denoise": 0.15, "enhance": 0.15, "normalise": 0.05}


@dataclass(frozen=True)
class Sampling:
    """Images per epoch by pool; 0 takes all of the pool once. repeats: how often an epoch draws so."""

    per_epoch: dict[str, int]
    repeats: int = 1

    def draw(self, pack: Pack, allowed: list[int], rng: np.random.Generator) -> np.ndarray:
        """Shuffled indices of one epoch. A pool smaller than asked for gives all it has."""
        return np.concatenate([self._once(pack, allowed, rng) for _ in range(self.repeats)])

    def _once(self, pack: Pack, allowed: list[int], rng: np.random.Generator) -> np.ndarray:
        chosen: list[int] = []
        for pool, count in self.per_epoch.items():
            members = [i for i in allowed if pack.pools[i] == pool]
            take = min(count, len(members)) if count else len(members)
            chosen.extend(rng.choice(members, take, replace=False) if take else [])
        return rng.permutation(np.array(chosen, dtype=np.int64))


@dataclass(frozen=True)
class Feed:
    """How many workers prepare batches, and whether they are processes: threads share one interpreter."""

    workers: int
    processes: bool


def choose_feed(workers: int, cores: int) -> Feed:
    """`workers`, or where that is 0 one for each of `cores` but one. Processes from three on."""
    workers = workers or max(2, cores - 1)
    return Feed(workers, processes=workers >= 3)


class TrainingBatches(keras.utils.PyDataset):
    """Augmented batches; the same seed and epoch give the same images whatever the number of workers."""

    def __init__(
        self, pack: Pack, allowed: list[int], types: tuple[str, ...], recipe: Recipe, sampling: Sampling,
        shape: tuple[int, int], batch: int, seed: int, epoch: int, feed: Feed = Feed(2, processes=False),
        variation: Variation = UNVARIED, window: int | None = None, stride: int = STRIDES[0],
    ) -> None:  # fmt: skip
        super().__init__(feed.workers, feed.processes, max_queue_size=max(8, 2 * feed.workers))
        self.pack, self.allowed, self.types, self.recipe = pack, allowed, types, recipe
        self.sampling, self.shape, self.batch, self.seed, self.epoch = sampling, shape, batch, seed, epoch
        self.variation, self.window, self.stride = variation, window, stride
        self.places = Places.of(pack, allowed) if variation.drawn else ANYWHERE
        self.implants = Implants.of(pack, allowed) if variation.implanted else NO_IMPLANTS
        self.order = self._draw()

    def _draw(self) -> np.ndarray:
        return self.sampling.draw(self.pack, self.allowed, np.random.default_rng((self.seed, self.epoch)))

    def on_epoch_end(self) -> None:
        """Draw the next epoch's images."""
        self.epoch += 1
        self.order = self._draw()

    def __len__(self) -> int:
        return len(self.order) // self.batch

    def __getitem__(self, index: int) -> tuple[np.ndarray, Targets]:
        if self.use_multiprocessing:
            cv2.setNumThreads(0)  # a forked worker has none of the threads that OpenCV would wait for
        chosen = self.order[index * self.batch : (index + 1) * self.batch]
        rng = np.random.default_rng((self.seed, self.epoch, index))
        varied = [self._varied(self.pack.picture(i), rng) for i in chosen]
        images = [enhance_steps(picture.image, self._recipe(rng)).network_input for picture in varied]
        if self.window:
            cut = [cut_window(image, picture, self.window, rng) for image, picture in zip(images, varied, strict=True)]
            images, varied = [image for image, _ in cut], [picture for _, picture in cut]
        return np.stack(images)[..., None], targets(varied, self.types, self.stride)

    def _varied(self, picture: Picture, rng: np.random.Generator) -> Picture:
        if happens(self.variation.implanted, rng):
            picture = self.implants.put_into(picture, rng)
        if happens(self.variation.drawn, rng):
            picture = cast_shadows(picture, rng, self.places)
        image, mask = augment(picture.image, picture.mask, self.shape, rng, self.variation)
        return replace(picture, image=image, mask=mask)

    def _recipe(self, rng: np.random.Generator) -> Recipe:
        recipe = self.recipe
        for step, chance in STEP_DROPOUT.items():
            if rng.random() < chance:
                recipe = recipe.without(step)
        return recipe


class ValidationBatches(keras.utils.PyDataset):
    """The chosen images as inference sees them, in order, without augmentation; the last batch may be short."""

    def __init__(
        self, pack: Pack, chosen: list[int], types: tuple[str, ...], recipe: Recipe, shape: tuple[int, int], batch: int,
        stride: int = STRIDES[0],
    ) -> None:  # fmt: skip
        super().__init__()
        self.pack, self.chosen, self.types, self.recipe = pack, np.array(chosen, np.int64), types, recipe
        self.shape, self.batch, self.stride = shape, batch, stride

    def __len__(self) -> int:
        return -(-len(self.chosen) // self.batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, Targets]:
        chosen = self.chosen[index * self.batch : (index + 1) * self.batch]
        pictures = [self._resized(self.pack.picture(i)) for i in chosen]
        inputs = np.stack([enhance_steps(picture.image, self.recipe).network_input for picture in pictures])
        return inputs[..., None], targets(pictures, self.types, self.stride)

    def _resized(self, picture: Picture) -> Picture:
        mask = cv2.resize(picture.mask, self.shape[::-1], interpolation=cv2.INTER_NEAREST)
        return replace(picture, image=unpacked(picture.image, self.shape), mask=mask)


def unpacked(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A packed image, uint8, as float32 of `shape` (height, width) in 0..1."""
    return cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def targets(pictures: Sequence[Picture], types: tuple[str, ...], stride: int = STRIDES[0]) -> Targets:
    """What each head should say. Unknown truth has weight or one-hot zero, or is UNKNOWN, so that it costs nothing.

    region (n, h/stride, w/stride, 2): share of tumour in the cell, and the weight of the cell.
    """
    masks = [picture.mask for picture in pictures]
    grid = (masks[0].shape[1] // stride, masks[0].shape[0] // stride)
    tumour, typed, known = (
        np.stack([cv2.resize(test(m).astype(np.float32), grid, interpolation=cv2.INTER_AREA) for m in masks])
        for test in (is_tumour, lambda m: m == TUMOUR, lambda m: m != IGNORED)
    )
    region = np.stack([tumour, (known > 0.99).astype(np.float32)], axis=-1)
    one_hot = np.array([[float(picture.label == t) for t in types] for picture in pictures], np.float32)
    return {
        HEADS.region: region,
        HEADS.pixel_type: typed[..., None] * one_hot[:, None, None, :],
        HEADS.slice_tumour: np.array([[UNKNOWN if p.doubtful else p.tumour] for p in pictures], np.float32),
        HEADS.slice_type: one_hot,
    }
