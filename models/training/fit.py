"""Fit the region network: stages of growing image size, one cosine of learning rate over all, resumable by epoch.

Runs under any Keras backend (KERAS_BACKEND=tensorflow or jax); a run begun under one can go on under the other.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import keras

from models.errors import TrainingDataError
from models.files import replaced
from models.networks.efficientnet_lite import freeze, load_imagenet
from models.networks.region_net import HEADS, build_region_net
from models.networks.weights import load_half_weights, save_half_weights
from models.training.batches import Sampling, TrainingBatches, ValidationBatches, choose_feed
from models.training.beginning import find_parent
from models.training.begun import require_same_run
from models.training.config import Config, Stage
from models.training.losses import CUSTOM_LOSSES, WEIGHTS, losses
from models.training.memory import keep_freed_memory
from models.training.packing import Pack
from models.training.progress import CHECKPOINT, EpochSeeds, Events, Progress, epochs_done

log = logging.getLogger(__name__)
FITTED = "fitted.npz"  # a tenth of the checkpoint: what has to travel from the machine that fitted


def fit(config: Config, pack: Pack, train: list[int], run: Path, validation: Sequence[int] = ()) -> keras.Model:
    """Train on the images `train` of the pack, or go on where `run` stopped; returns the model, its weights averaged.

    After each epoch the losses on `validation`, with averaged weights and no augmentation, go beside those of training.
    Raises ReleaseError where `run` was begun with something else, TrainingDataError where the images make no batch.
    """
    keep_freed_memory()
    keras.utils.set_random_seed(config.seed)
    run.mkdir(parents=True, exist_ok=True)
    require_same_run(config, pack, train, run)
    if not (run / FITTED).exists():
        model = _fit_stages(config, pack, train, run, validation)
        _average(model)
        with replaced(run / FITTED) as path:
            save_half_weights(model, path)
    return _fitted(config, run)


def _fit_stages(config: Config, pack: Pack, train: list[int], run: Path, validation: Sequence[int]) -> keras.Model:
    """All epochs that are still to do; the model as trained, its averages beside its weights."""
    done, first = epochs_done(run), 0
    model = _load(run) if done else _start(config)
    log.info("%d of %d epochs are done", done, config.epochs)
    for index, stage in enumerate(config.stages):
        last = first + stage.epochs
        if done < last:
            batches = _batches(config, stage, pack, train, max(done, first))
            if not len(batches):
                raise TrainingDataError(f"There are too few images to train on: fewer than a batch of {config.batch}.")
            if stage.learning_rate and done <= first:
                images = len(batches.order) // stage.repeats
                _compile(model, config, stage.learning_rate, config.cosine_steps(index, images))
            _fit_stage(model, config, batches, last, run, _validation(config, stage, pack, validation))
            # From the disk, as a run that was stopped here would go on: Keras has put averages in the weights' place,
            # and has traced one image size, while bilinear layers refuse a trace for two.
            model = _load(run)
        first = last
    return model


def _fitted(config: Config, run: Path) -> keras.Model:
    """The network of a finished run, its weights rounded as they ship."""
    model = build_region_net(len(config.types), stride=config.stride)
    load_half_weights(model, run / FITTED)
    return model


def _batches(config: Config, stage: Stage, pack: Pack, train: list[int], epoch: int) -> TrainingBatches:
    return TrainingBatches(
        pack, train, config.types, config.recipe, Sampling(config.per_epoch, stage.repeats), config.shape(stage),
        config.batch, config.seed, epoch, choose_feed(config.workers, len(os.sched_getaffinity(0))), config.variation,
        stage.window, config.stride,
    )  # fmt: skip


def _validation(config: Config, stage: Stage, pack: Pack, chosen: Sequence[int]) -> ValidationBatches | None:
    if not chosen:
        return None
    return ValidationBatches(
        pack, list(chosen), config.types, config.recipe, config.shape(stage), config.batch, config.stride
    )


def _fit_stage(
    model: keras.Model,
    config: Config,
    batches: TrainingBatches,
    last: int,
    run: Path,
    validation: ValidationBatches | None,
) -> None:
    """Up to epoch `last`, in the order of `batches`: Keras' own shuffling would differ in a resumed run."""
    callbacks = [EpochSeeds(config.seed), keras.callbacks.SwapEMAWeights(), Progress(run), Events(run)]
    model.fit(
        batches,
        validation_data=validation,
        initial_epoch=batches.epoch,
        epochs=last,
        callbacks=callbacks,
        shuffle=False,
        verbose=2,
    )


def _load(run: Path) -> keras.Model:
    model = keras.saving.load_model(run / CHECKPOINT, compile=True, custom_objects=CUSTOM_LOSSES)
    model.jit_compile = _compiler()  # the checkpoint may come from another backend
    return model


def _start(config: Config) -> keras.Model:
    """ImageNet's encoder and a fresh decoder, or those of another release; the first blocks frozen."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        model = build_region_net(len(config.types), stride=config.stride)
    finally:
        keras.config.set_dtype_policy(usual)
    if parent := find_parent(config):
        load_half_weights(model, parent.release.weights_path, but=HEADS)
    else:
        load_imagenet(model)
    freeze(model, config.frozen_blocks)
    return model


def _compile(model: keras.Model, config: Config, learning_rate: float, steps: int) -> None:
    """A fresh optimizer that warms up and then falls along a cosine for `steps` steps, from the averaged weights."""
    _average(model)
    warm_up = max(1, steps // 24)
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 20, max(1, steps - warm_up), warmup_target=learning_rate, warmup_steps=warm_up
    )
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=config.weight_decay, clipnorm=5.0, use_ema=True, ema_momentum=0.995
    )
    model.compile(optimizer, loss=losses(config.region_loss), loss_weights=WEIGHTS, jit_compile=_compiler())


def _compiler() -> bool:
    """Whether to use XLA: without it JAX runs one operation at a time; TensorFlow's graphs are quick as they are."""
    return bool(keras.backend.backend() != "tensorflow")


def _average(model: keras.Model) -> None:
    """Put the running average of the weights in their place; nothing to do before the first step."""
    if getattr(model, "optimizer", None):
        model.optimizer.finalize_variable_values(model.trainable_variables)
