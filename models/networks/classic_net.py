"""The network of the field's tutorials: convolution and pooling in turn, then two dense layers."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers


def build_classic_net(size: int, classes: int, filters: Sequence[int], dense: int, dropout: float) -> keras.Sequential:
    """From grey (batch, size, size, 1) in 0..1 to probabilities (batch, classes)."""
    blocks = [
        layer
        for count in filters
        for layer in (layers.Conv2D(count, 3, padding="same", activation="relu"), layers.MaxPooling2D())
    ]
    return keras.Sequential(
        [
            keras.Input((size, size, 1), name="image"),
            *blocks,
            layers.Flatten(),
            layers.Dense(dense, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(classes, activation="softmax"),
        ],
        name="classic_net",
    )
