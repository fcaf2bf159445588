"""Fit a classifier's network; started again, it goes on after the last whole epoch with the very same batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import keras

from models.files import replaced
from models.networks.classic_net import build_classic_net
from models.networks.region_classifier import build_region_classifier
from models.training.classifiers.config import SEQUENTIAL, ClassifierConfig
from models.training.classifiers.folders import Part
from models.training.classifiers.generators import plain_flow, training_flow
from models.training.classifiers.watching import watching
from models.training.progress import CHECKPOINT, EpochSeeds, Events, Progress, read_history

BEST = "best.keras"


class Keeper(Progress):
    """Keeps the best model so far, too, and stops when patience ends.

    Keras' own EarlyStopping forgets what was before an interruption; the history in `run` does not.
    """

    def __init__(self, run: Path, config: ClassifierConfig) -> None:
        super().__init__(run)
        self._config = config

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """The best before the checkpoint and its line: a crash in between repeats an epoch and loses nothing."""
        loss = round(float((logs or {})["val_loss"]), 5)  # as the history holds it
        if all(loss < past["val_loss"] for past in read_history(self.run)):
            with replaced(self.run / BEST) as path:
                self.model.save(path)
        super().on_epoch_end(epoch, logs)
        if is_over(read_history(self.run), self._config):
            self.model.stop_training = True


def best_epoch(history: Sequence[dict[str, float]]) -> int:
    """The epoch, from 1, of the least validation loss."""
    return int(min(history, key=lambda line: line["val_loss"])["epoch"])


def is_over(history: Sequence[dict[str, float]], config: ClassifierConfig) -> bool:
    """Whether all epochs are done, or patience has ended where the run stops early."""
    if len(history) >= config.epochs:
        return True
    return config.early_stopping and bool(history) and len(history) - best_epoch(history) >= config.patience


def fit(config: ClassifierConfig, folder: Path, classes: tuple[str, ...], run: Path) -> keras.Model:
    """Train on `folder`/train, validate on `folder`/validation; gives the last epoch's model, or the best one.

    The best, by validation loss, where the run may stop early.
    """
    keras.utils.set_random_seed(config.seed)
    history = read_history(run)
    done = len(history) if (run / CHECKPOINT).exists() else 0
    if not is_over(history[:done], config):
        batches = training_flow(folder / Part.TRAIN, classes, config, done)
        model = keras.saving.load_model(run / CHECKPOINT) if done else _start(config, len(classes), len(batches))
        with watching(config.epochs, len(batches)) as watcher:
            model.fit(
                batches,
                validation_data=plain_flow(folder / Part.VALIDATION, classes, config),
                initial_epoch=done,
                epochs=config.epochs,
                class_weight=_class_weights(batches.flow.classes),
                callbacks=[EpochSeeds(config.seed), Events(run), Keeper(run, config), watcher],
                shuffle=False,  # the flow has done it, by seed and epoch; Keras would do it by a state that is not kept
                verbose=0,
            )
    return keras.saving.load_model(run / (BEST if config.early_stopping else CHECKPOINT))


def _start(config: ClassifierConfig, classes: int, steps: int) -> keras.Model:
    model = _build(config, classes)
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps * config.epochs, alpha=0.02)
    optimizer = keras.optimizers.Adam(rate, weight_decay=config.weight_decay or None)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
    model.compile(optimizer, loss=loss, metrics=["accuracy"])
    return model


def _build(config: ClassifierConfig, classes: int) -> keras.Model:
    if config.network == SEQUENTIAL:
        return build_classic_net(config.size, classes, config.filters, config.dense, config.dropout)
    return build_region_classifier(config.size, classes, config.dense, config.dropout, config.frozen_blocks)


def _class_weights(labels: Sequence[int]) -> dict[int, float]:
    """Rare classes weigh more, so that each class counts alike; 1 where they are of one size."""
    counts = Counter(int(label) for label in labels)
    return {label: len(labels) / (len(counts) * count) for label, count in counts.items()}
