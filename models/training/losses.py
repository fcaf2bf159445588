"""Losses of the four heads; each ignores what is not known."""

from __future__ import annotations

import keras
from keras import ops

from models.networks.region_net import HEADS

UNKNOWN = -1.0  # in the place of 1 or 0: whether the slice holds a tumour


class RegionLoss(keras.losses.Loss):
    """Cross-entropy plus soft Dice (Milletari 2016) of the tumour map, over cells of known truth.

    Targets (n, h, w, 2) hold share and weight; logits (n, h, w, 1). Dice counts only slices that hold a tumour outline.
    """

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Loss per slice, (n,)."""
        share, weight, logit = y_true[..., 0], y_true[..., 1], y_pred[..., 0]
        entropy = ops.maximum(logit, 0) - logit * share + ops.log1p(ops.exp(-ops.abs(logit)))
        entropy = ops.sum(entropy * weight, (1, 2)) / (ops.sum(weight, (1, 2)) + 1.0)
        probability = ops.sigmoid(logit) * weight
        overlap = ops.sum(probability * share, (1, 2))
        dice = 1 - (2 * overlap + 1.0) / (ops.sum(probability, (1, 2)) + ops.sum(share * weight, (1, 2)) + 1.0)
        outlined = ops.cast(ops.sum(share, (1, 2)) > 1.0, dice.dtype)
        return 4 * entropy + dice * outlined


class PixelTypeLoss(keras.losses.Loss):
    """Mean cross-entropy of the type over tumour cells; (n, h, w, types) both. All-zero truth costs nothing."""

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Loss per slice, (n,)."""
        entropy = -ops.sum(y_true * ops.log_softmax(y_pred, -1), (1, 2, 3))
        return entropy / (ops.sum(y_true, (1, 2, 3)) + 1.0)


class SliceTumourLoss(keras.losses.Loss):
    """Cross-entropy of whether the slice holds a tumour; (n, 1) both. UNKNOWN truth costs nothing."""

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Loss per slice, (n,)."""
        known = ops.cast(y_true > UNKNOWN, y_pred.dtype)
        return ops.mean(known * ops.binary_crossentropy(ops.maximum(y_true, 0), y_pred, from_logits=True), -1)


class SliceTypeLoss(keras.losses.Loss):
    """Cross-entropy of the slice's type with a little smoothing; (n, types) both. All-zero truth costs nothing."""

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Loss per slice, (n,)."""
        known = ops.sum(y_true, -1, keepdims=True)
        smooth = known * (0.95 * y_true + 0.05 / y_true.shape[-1])
        return -ops.sum(smooth * ops.log_softmax(y_pred, -1), -1)


LOSSES: dict[str, keras.losses.Loss] = {
    HEADS.region: RegionLoss(),
    HEADS.pixel_type: PixelTypeLoss(),
    HEADS.slice_tumour: SliceTumourLoss(),
    HEADS.slice_type: SliceTypeLoss(),
}
WEIGHTS = {HEADS.region: 1.0, HEADS.pixel_type: 0.5, HEADS.slice_tumour: 0.5, HEADS.slice_type: 0.5}
