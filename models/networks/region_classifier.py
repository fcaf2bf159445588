"""A classifier of regions: EfficientNet-Lite0 down to stride 16, pooled, and one dense layer.

The blocks after stride 16 hold three quarters of the encoder's weights and gave a crop of 112 pixels nothing that
showed (docs/training.md).
"""

from __future__ import annotations

import keras
from keras import layers

from models.networks.efficientnet_lite import BATCH_NORM, encode, freeze, load_imagenet

DEVIATIONS = (3.0, -1.0)  # from 0..1 to the range of the network's usual input, 2 units a deviation


def build_region_classifier(
    size: int, classes: int, filters: int, dropout: float, frozen_blocks: int, imagenet: bool = True
) -> keras.Model:
    """From grey (batch, size, size, 1) in 0..1 to probabilities (batch, classes).

    The encoder starts from ImageNet's weights, and its first `frozen_blocks` and stem keep them.
    """
    image = keras.Input((size, size, 1), name="image")
    scales = encode(layers.Rescaling(*DEVIATIONS, name="rescale")(image))
    if imagenet:
        load_imagenet(keras.Model(image, scales))
    x = layers.Conv2D(filters, 1, use_bias=False, name="top_conv")(scales[-2])
    x = layers.BatchNormalization(**BATCH_NORM, name="top_bn")(x)
    x = layers.ReLU(6.0, name="top_relu")(x)
    pooled = [layers.GlobalAveragePooling2D(name="average")(x), layers.GlobalMaxPooling2D(name="maximum")(x)]
    x = layers.Dropout(dropout, name="dropout")(layers.Concatenate(name="pool")(pooled))
    probabilities = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    model = keras.Model(image, probabilities, name="region_classifier")
    freeze(model, frozen_blocks)
    return model
