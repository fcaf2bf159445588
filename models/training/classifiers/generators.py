"""Batches by ImageDataGenerator: augmented for training, plain for validation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

# Keras 3 keeps it for those who know it, and shows it under tf.keras only; this address holds for every backend.
from keras.src.legacy.preprocessing.image import DirectoryIterator, ImageDataGenerator

from models.errors import TrainingDataError
from models.training.classifiers.config import ClassifierConfig
from models.training.degrading import reweight

RESCALE = 1 / 255


class SeededFlow(keras.utils.PyDataset):
    """A shuffled flow whose batches depend on seed, epoch and index alone, so that a resumed run misses nothing."""

    def __init__(self, flow: DirectoryIterator, seed: int, epoch: int) -> None:
        super().__init__(workers=1)
        self.flow, self.seed, self.epoch = flow, seed, epoch
        self._shuffle()

    def _shuffle(self) -> None:
        np.random.seed([self.seed, self.epoch])  # the iterator draws from NumPy's global generator
        self.flow.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self.epoch += 1
        self._shuffle()

    def __len__(self) -> int:
        return len(self.flow)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        self.flow.total_batches_seen = self.epoch * len(self.flow) + index  # it seeds the batch's augmentation
        images, labels = self.flow[index]
        return images, labels


def training_generator(config: ClassifierConfig) -> ImageDataGenerator:
    """Raises TrainingDataError for an argument that ImageDataGenerator does not take."""
    try:
        return ImageDataGenerator(
            rescale=RESCALE,
            preprocessing_function=_reweighted(config.reweighted) if config.reweighted else None,
            **config.augmentation,
        )
    except (TypeError, ValueError) as error:
        raise TrainingDataError(f"ImageDataGenerator does not take the config's [augmentation]: {error}.") from error


def _reweighted(share: float) -> Callable[[np.ndarray], np.ndarray]:
    """Gives this share of the pictures, (size, size, 1) in 0..255, another weighting's contrast, and the rest as it is.

    A picture about keeps its mean and deviation, as inference scales every head's grey values by the head's own.
    """

    def vary(picture: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(np.random.randint(2**31))  # NumPy's global generator, which each batch seeds
        if rng.random() >= share:
            return picture
        curved = reweight(picture / 255, rng)
        scale = picture.std() / max(float(curved.std()), 1e-3)
        return np.asarray(np.clip((curved - curved.mean()) * scale + picture.mean(), 0, 255), picture.dtype)

    return vary


def training_flow(folder: Path, classes: tuple[str, ...], config: ClassifierConfig, epoch: int) -> SeededFlow:
    """Augmented batches of `folder`/CLASS, from `epoch` on."""
    generator = training_generator(config)
    flow = generator.flow_from_directory(str(folder), shuffle=True, seed=config.seed, **_common(classes, config))
    return SeededFlow(flow, config.seed, epoch)


def plain_flow(folder: Path, classes: tuple[str, ...], config: ClassifierConfig) -> DirectoryIterator:
    """Each picture of `folder`/CLASS once, in order, only rescaled."""
    generator = ImageDataGenerator(rescale=RESCALE)
    return generator.flow_from_directory(str(folder), shuffle=False, **_common(classes, config))


def _common(classes: tuple[str, ...], config: ClassifierConfig) -> dict[str, Any]:
    return {
        "target_size": (config.size, config.size),
        "color_mode": "grayscale",
        "class_mode": "categorical",
        "classes": list(classes),
        "batch_size": config.batch,
    }
