"""Fit the region network: stages of growing image size, one cosine of learning rate over all, resumable by epoch."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import keras

from models.errors import ReleaseError
from models.networks.efficientnet_lite import load_imagenet
from models.networks.region_net import build_region_net
from models.training.batches import Sampling, TrainingBatches
from models.training.config import Config
from models.training.losses import LOSSES, WEIGHTS
from models.training.packing import Pack

log = logging.getLogger(__name__)
CHECKPOINT = "checkpoint.keras"


class Progress(keras.callbacks.Callback):
    """After each epoch: a checkpoint (weights, optimizer, averages) and a line of figures, replaced in one step."""

    def __init__(self, run: Path) -> None:
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save, then say so: a crash in between repeats an epoch and loses nothing."""
        self.model.save(self.run / "next.keras")
        (self.run / "next.keras").replace(self.run / CHECKPOINT)
        line = {"epoch": epoch + 1, **{k: round(float(v), 5) for k, v in (logs or {}).items()}}
        with (self.run / "history.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def epochs_done(run: Path) -> int:
    """How many epochs the checkpoint in `run` has behind it."""
    history = run / "history.jsonl"
    if not (run / CHECKPOINT).exists() or not history.exists():
        return 0
    return int(json.loads(history.read_text().splitlines()[-1])["epoch"])


def fit(config: Config, pack: Pack, train: list[int], run: Path) -> keras.Model:
    """Train, or go on where `run` stopped; returns the model with its averaged weights."""
    keras.utils.set_random_seed(config.seed)
    run.mkdir(parents=True, exist_ok=True)
    _same_config(config, run)
    done, first = epochs_done(run), 0
    model = _load(run) if done else _start(config)
    log.info("%d of %d epochs are done", done, config.epochs)
    for index, stage in enumerate(config.stages):
        last = first + stage.epochs
        if done < last:
            epoch = max(done, first)
            batches = TrainingBatches(
                pack, train, config.types, config.recipe, Sampling(config.per_epoch), stage.size, config.batch,
                config.seed, epoch,
            )  # fmt: skip
            if stage.learning_rate and epoch == first:
                _compile(model, config, stage.learning_rate, len(batches) * config.cosine_epochs(index))
            # Traced anew: one trace for two sizes has unknown shapes, which bilinear layers refuse.
            model.train_function = None
            model.fit(batches, initial_epoch=epoch, epochs=last, callbacks=[Progress(run)], verbose=2)
        first = last
    _average(model)
    return model


def _same_config(config: Config, run: Path) -> None:
    """Raises ReleaseError where `run` was begun with a config that gives other weights: going on would mix the two."""
    note, mine = run / "config.txt", repr(replace(config, notes=()))
    if note.exists() and note.read_text(encoding="utf-8") != mine:
        raise ReleaseError(f"{run} was begun with another config; name another folder with --run, or remove it.")
    note.write_text(mine, encoding="utf-8")


def _load(run: Path) -> keras.Model:
    custom = {type(loss).__name__: type(loss) for loss in LOSSES.values()}
    return keras.saving.load_model(run / CHECKPOINT, compile=True, custom_objects=custom)


def _start(config: Config) -> keras.Model:
    """ImageNet's encoder, its first blocks frozen, and a fresh decoder."""
    model = build_region_net(len(config.types))
    load_imagenet(model)
    frozen = ("stem_", *(f"block{i}_" for i in range(config.frozen_blocks)))
    for layer in model.layers:
        if config.frozen_blocks and layer.name.startswith(frozen):
            layer.trainable = False
    return model


def _compile(model: keras.Model, config: Config, learning_rate: float, steps: int) -> None:
    """A fresh optimizer that warms up and then falls along a cosine for `steps` steps, from the averaged weights."""
    _average(model)
    warm_up = max(1, steps // 24)
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 20, steps - warm_up, warmup_target=learning_rate, warmup_steps=warm_up
    )
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=config.weight_decay, clipnorm=5.0, use_ema=True, ema_momentum=0.995
    )
    model.compile(optimizer, loss=LOSSES, loss_weights=WEIGHTS, jit_compile=False)


def _average(model: keras.Model) -> None:
    """Put the running average of the weights in their place; nothing to do before the first step."""
    if getattr(model, "optimizer", None):
        model.optimizer.finalize_variable_values(model.trainable_variables)
