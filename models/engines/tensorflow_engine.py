"""TensorFlow: the Keras model itself, in batches, on a GPU where there is one. The reference for the export."""

from __future__ import annotations

import contextlib

import numpy as np
import tensorflow as tf

from models.engines.base import HeadOutputs, gather
from models.networks.region_net import build_region_net
from models.networks.weights import load_half_weights
from models.release import Release


class TensorFlowEngine:
    """One compiled function of fixed batch size, so that it is traced once."""

    name = "tensorflow"
    batch = 16

    def __init__(self, release: Release) -> None:
        model = build_region_net(len(release.types), release.recipe.shape, release.stride)
        load_half_weights(model, release.weights_path)
        shape = (self.batch, *release.recipe.shape, 1)
        self._run = tf.function(lambda x: model(x, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)])

    def predict(self, images: np.ndarray) -> HeadOutputs:
        """`images` float32 (n, height, width); a short last batch is filled up with zeros."""
        parts = [self._predict_batch(images[i : i + self.batch]) for i in range(0, len(images), self.batch)]
        return gather({name: np.concatenate([p[name] for p in parts]) for name in parts[0]})

    def close(self) -> None:
        """Nothing of ours outlives the process."""

    def _predict_batch(self, images: np.ndarray) -> dict[str, np.ndarray]:
        full = np.zeros((self.batch, *images.shape[1:], 1), np.float32)
        full[: len(images), ..., 0] = images
        return {name: value.numpy()[: len(images)] for name, value in self._run(full).items()}


def sees_gpu() -> bool:
    """Whether this TensorFlow can use a GPU here: a driver alone is not enough."""
    return bool(tf.config.list_physical_devices("GPU"))


def load(release: Release) -> TensorFlowEngine:
    """The release's Keras weights; memory on the GPU grows as needed, so that other work finds room."""
    for gpu in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):  # training in this process has set the GPU up already
            tf.config.experimental.set_memory_growth(gpu, True)
    return TensorFlowEngine(release)
