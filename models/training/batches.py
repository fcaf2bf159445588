"""Batches for Keras: which images an epoch holds, and the targets of the network's four heads."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import keras
import numpy as np

from models.networks.region_net import HEADS
from models.preprocessing import Recipe, enhance_steps
from models.training.augmentation import UNVARIED, Variation, augment
from models.training.packing import IGNORED, TUMOUR, Pack

Targets = dict[str, np.ndarray]
STEP_DROPOUT = {"denoise": 0.15, "enhance": 0.15, "normalise": 0.05}


@dataclass(frozen=True)
class Sampling:
    """Images per epoch by pool; 0 takes all of the pool once."""

    per_epoch: dict[str, int]

    def draw(self, pack: Pack, allowed: list[int], rng: np.random.Generator) -> np.ndarray:
        """Shuffled indices of one epoch. A pool smaller than asked for gives all it has."""
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
        size: int, batch: int, seed: int, epoch: int, feed: Feed = Feed(2, processes=False),
        variation: Variation = UNVARIED,
    ) -> None:  # fmt: skip
        super().__init__(feed.workers, feed.processes, max_queue_size=max(8, 2 * feed.workers))
        self.pack, self.allowed, self.types, self.recipe = pack, allowed, types, recipe
        self.sampling, self.size, self.batch, self.seed, self.epoch = sampling, size, batch, seed, epoch
        self.variation = variation
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
        pairs = [augment(self.pack.images[i], self.pack.masks[i], self.size, rng, self.variation) for i in chosen]
        images = [enhance_steps(image, self._recipe(rng)).network_input for image, _ in pairs]
        return np.stack(images)[..., None], targets(self.pack, chosen, [mask for _, mask in pairs], self.types)

    def _recipe(self, rng: np.random.Generator) -> Recipe:
        recipe = self.recipe
        for step, chance in STEP_DROPOUT.items():
            if rng.random() < chance:
                recipe = recipe.without(step)
        return recipe


class ValidationBatches(keras.utils.PyDataset):
    """The chosen images as inference sees them, in order, without augmentation; the last batch may be short."""

    def __init__(
        self, pack: Pack, chosen: list[int], types: tuple[str, ...], recipe: Recipe, size: int, batch: int
    ) -> None:
        super().__init__()
        self.pack, self.chosen, self.types, self.recipe = pack, np.array(chosen, np.int64), types, recipe
        self.size, self.batch = (size, size), batch

    def __len__(self) -> int:
        return -(-len(self.chosen) // self.batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, Targets]:
        chosen = self.chosen[index * self.batch : (index + 1) * self.batch]
        images = [unpacked(self.pack.images[i], self.size[0]) for i in chosen]
        masks = [cv2.resize(self.pack.masks[i], self.size, interpolation=cv2.INTER_NEAREST) for i in chosen]
        inputs = np.stack([enhance_steps(image, self.recipe).network_input for image in images])
        return inputs[..., None], targets(self.pack, chosen, masks, self.types)


def unpacked(image: np.ndarray, size: int) -> np.ndarray:
    """A packed image, a uint8 square, as float32 (size, size) in 0..1."""
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def targets(pack: Pack, chosen: np.ndarray, masks: list[np.ndarray], types: tuple[str, ...]) -> Targets:
    """What each head should say. Unknown truth has weight or one-hot zero, so that it costs nothing.

    region (n, h/2, w/2, 2): share of tumour in the cell, and the weight of the cell.
    """
    half = (masks[0].shape[1] // 2, masks[0].shape[0] // 2)
    area = [
        cv2.resize(np.where(m == TUMOUR, 1, 0).astype(np.float32), half, interpolation=cv2.INTER_AREA) for m in masks
    ]
    known = [cv2.resize((m != IGNORED).astype(np.float32), half, interpolation=cv2.INTER_AREA) > 0.99 for m in masks]
    region = np.stack([np.stack(area), np.stack(known).astype(np.float32)], axis=-1)
    one_hot = np.array([[float(pack.labels[i] == t) for t in types] for i in chosen], np.float32)
    return {
        HEADS.region: region,
        HEADS.pixel_type: region[..., :1] * one_hot[:, None, None, :],
        HEADS.slice_tumour: np.array([[pack.tumours[i]] for i in chosen], np.float32),
        HEADS.slice_type: one_hot,
    }
