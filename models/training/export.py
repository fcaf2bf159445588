"""From the Keras model to the LiteRT file that a CPU runs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

import keras
import tensorflow as tf


def export_litert(
    model: keras.Model, shape: tuple[int, int], path: Path, weights: Literal["float16", "int8"] = "float16"
) -> None:
    """Write `model` for one picture of `shape` (height, width), outputs by head name.

    float16: half the size, arithmetic in float32. int8: a quarter, activations quantised as they come.
    """
    image = tf.TensorSpec((1, *shape, 1), tf.float32, name="image")
    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", lambda image: model(image, training=False), input_signature=[image])
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())
