"""The region network: a U-Net decoder on the encoder's scales, and a head that sees the whole slice.

Decoder after Ronneberger 2015 (arXiv:1505.04597). Logits leave at stride 2 or 4; a bilinear enlargement gives full
size.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
from keras import layers

from models.networks.efficientnet_lite import BATCH_NORM, encode

DECODER_FILTERS = {16: 128, 8: 80, 4: 48, 2: 32}  # by the stride at which they work
STRIDES = (
    2,
    4,
)  # of the logits: 4 costs a fifth less at inference and a third less in training, and outlines are coarser
TWICE_FROM = 48


class Heads(NamedTuple):
    """Output names, in the order in which every engine returns them."""

    region: str = "region"  # (h/stride, w/stride, 1) logit: this pixel is tumour
    pixel_type: str = "pixel_type"  # (h/stride, w/stride, types) logits, meaningful inside a region
    slice_tumour: str = "slice_tumour"  # (1,) logit: a tumour is somewhere in the slice
    slice_type: str = "slice_type"  # (types,) logits


HEADS = Heads()


def build_region_net(
    types: int, shape: tuple[int, int] | None = None, stride: int = STRIDES[0], dropout: float = 0.2
) -> keras.Model:
    """A functional model from (batch, height, width, 1), about -2..2, to the four `Heads`.

    shape: (height, width), multiples of 32; None leaves both open. stride: of the logits, one of `STRIDES`.
    """
    image = keras.Input((*(shape or (None, None)), 1), name="image")
    scales = encode(image)

    # Decoder: enlarge, join the encoder's scale, refine.
    x = scales[-1]
    for skip, (at, filters) in zip(reversed(scales[:-1]), DECODER_FILTERS.items(), strict=True):
        if at >= stride:
            x = _decode(x, skip, filters, f"up{filters}")
    region = layers.Conv2D(
        1, 1, name=HEADS.region, dtype="float32", bias_initializer=keras.initializers.Constant(-3.0)
    )(x)
    pixel_type = layers.Conv2D(types, 1, name=HEADS.pixel_type, dtype="float32")(x)

    # Whole-slice head: where in the head a mass lies says much about its type.
    top = _conv_bn_relu(scales[-1], 512, 1, "slice")
    pooled = layers.Concatenate(name="slice_pool")(
        [layers.GlobalAveragePooling2D(name="slice_average")(top), layers.GlobalMaxPooling2D(name="slice_maximum")(top)]
    )
    pooled = layers.Dropout(dropout, name="slice_dropout")(pooled)
    slice_tumour = layers.Dense(1, name=HEADS.slice_tumour, dtype="float32")(pooled)
    slice_type = layers.Dense(types, name=HEADS.slice_type, dtype="float32")(pooled)
    outputs = {
        HEADS.region: region,
        HEADS.pixel_type: pixel_type,
        HEADS.slice_tumour: slice_tumour,
        HEADS.slice_type: slice_type,
    }
    return keras.Model(image, outputs, name="region_net")


def _decode(x: keras.KerasTensor, skip: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Narrow, enlarge, join the encoder's scale, refine; twice where the map is small and that costs little."""
    x = _conv_bn_relu(x, filters, 1, f"{name}_narrow")
    x = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_enlarge")(x)
    x = layers.Concatenate(name=f"{name}_join")([x, skip])
    x = _conv_bn_relu(x, filters, 3, f"{name}_refine1")
    return _conv_bn_relu(x, filters, 3, f"{name}_refine2") if filters >= TWICE_FROM else x


def _conv_bn_relu(x: keras.KerasTensor, filters: int, kernel: int, name: str) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(**BATCH_NORM, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)
