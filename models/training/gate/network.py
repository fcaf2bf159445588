"""The network behind the gate's features: EfficientNet-Lite0's blocks up to stride 16, with ImageNet's own weights."""

from __future__ import annotations

from pathlib import Path

import keras
from keras import layers

from models.gate.view import SIZE
from models.networks.efficientnet_lite import encode, load_imagenet
from models.training.export import export_litert


def build_feature_network(size: int = SIZE) -> keras.Model:
    """From (batch, size, size, 1) to `features` (batch, d): what is in the image, and coarsely where.

    Averages and maxima over the whole image at strides 8 and 16, and averages over its 4 x 4 parts at stride 16.
    """
    image = keras.Input((size, size, 1), name="image")
    whole = keras.Model(image, encode(image))
    load_imagenet(whole)
    middle, deep = whole.outputs[2], whole.outputs[3]
    quarters = layers.AveragePooling2D(deep.shape[1] // 4)(deep)
    pooled = [pool()(x) for x in (middle, deep) for pool in (layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)]
    features = layers.Concatenate(name="features")([*pooled, layers.Flatten()(quarters)])
    return keras.Model(image, {"features": features}, name="gate_features")


def export_features(path: Path) -> None:
    """Write the feature network for one view as LiteRT, weights float16."""
    export_litert(build_feature_network(), (SIZE, SIZE), path)
