"""Losses of the four heads; each ignores what is not known."""

from __future__ import annotations

import keras
from keras import ops

from models.networks.region_net import HEADS

ON_A_LESION, ELSEWHERE = 0.75, 0.25  # weights of cells in the focal loss
FOCAL, DICE = 2.0, 0.3
LEAST_CELLS = 20.0  # of lesions in an image: those without any are not counted against nothing
UNKNOWN = -1.0  # in the place of 1 or 0: whether the slice holds a tumour


class RegionLoss(keras.losses.Loss):
    """Cross-entropy plus soft Dice (Milletari 2016) of the tumour map, over cells of known truth.

    Targets (n, h, w, 2) hold share and weight; logits (n, h, w, 1). Dice counts only slices that hold a tumour outline.
    """

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Loss per slice, (n,)."""
        share, weight, logit = y_true[..., 0], y_true[..., 1], y_pred[..., 0]
        entropy = ops.sum(_entropy(share, logit) * weight, (1, 2)) / (ops.sum(weight, (1, 2)) + 1.0)
        return 4 * entropy + _soft_dice(share, weight, logit)


def _entropy(share: keras.KerasTensor, logit: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of each cell."""
    return ops.maximum(logit, 0) - logit * share + ops.log1p(ops.exp(-ops.abs(logit)))


def _soft_dice(share: keras.KerasTensor, weight: keras.KerasTensor, logit: keras.KerasTensor) -> keras.KerasTensor:
    """1 less the soft Dice of each slice that holds an outline; 0 of the others."""
    probability = ops.sigmoid(logit) * weight
    overlap = ops.sum(probability * share, (1, 2))
    dice = 1 - (2 * overlap + 1.0) / (ops.sum(probability, (1, 2)) + ops.sum(share * weight, (1, 2)) + 1.0)
    return dice * ops.cast(ops.sum(share, (1, 2)) > 1.0, dice.dtype)


class FocalRegionLoss(keras.losses.Loss):
    """Focal cross-entropy (Lin 2017, arXiv:1708.02002) a lesion cell of the batch, plus a little soft Dice.

    For lesions of a few cells, which a mean over the image forgets and Dice alone takes or leaves as a whole. Targets
    and logits as of `RegionLoss`.
    """

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Loss per slice, (n,)."""
        share, weight, logit = y_true[..., 0], y_true[..., 1], y_pred[..., 0]
        missed = ops.square(share - ops.sigmoid(logit)) * (ELSEWHERE + (ON_A_LESION - ELSEWHERE) * share)
        focal = ops.sum(_entropy(share, logit) * missed * weight, (1, 2))
        cells = ops.mean(ops.sum(share * weight, (1, 2)))
        return FOCAL * focal / (cells + LEAST_CELLS) + DICE * _soft_dice(share, weight, logit)


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


REGION_LOSSES: dict[str, type[keras.losses.Loss]] = {"dice": RegionLoss, "focal": FocalRegionLoss}
CUSTOM_LOSSES = {cls.__name__: cls for cls in (*REGION_LOSSES.values(), PixelTypeLoss, SliceTumourLoss, SliceTypeLoss)}


def losses(region: str) -> dict[str, keras.losses.Loss]:
    """One a head; `region` is one of `REGION_LOSSES`."""
    return {
        HEADS.region: REGION_LOSSES[region](),
        HEADS.pixel_type: PixelTypeLoss(),
        HEADS.slice_tumour: SliceTumourLoss(),
        HEADS.slice_type: SliceTypeLoss(),
    }


WEIGHTS = {HEADS.region: 1.0, HEADS.pixel_type: 0.5, HEADS.slice_tumour: 0.5, HEADS.slice_type: 0.5}
