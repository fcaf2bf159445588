"""Training's own rules, on tiny made-up data: who may be trained on, what heads should say, what losses count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from models.errors import ReleaseError
from models.networks.region_net import HEADS, STRIDES, build_region_net
from models.preprocessing import Recipe
from models.training import config as configuration
from models.training.batches import Sampling, TrainingBatches, targets
from models.training.config import Stage, load_config
from models.training.fit import fit
from models.training.losses import (
    REGION_LOSSES,
    FocalRegionLoss,
    PixelTypeLoss,
    RegionLoss,
    SliceTumourLoss,
    SliceTypeLoss,
)
from models.training.packed_synthetic import pack_synthetic
from models.training.packing import Pack, Picture
from models.training.progress import epochs_done
from models.training.truth_values import IGNORED, OTHER_TUMOUR, TUMOUR

TYPES = ("glioma", "meningioma", "pituitary")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return pack_synthetic(8, Recipe(), seed=1, height=288)


def batches(pack: Pack, epoch: int = 0) -> TrainingBatches:
    return TrainingBatches(pack, list(range(8)), TYPES, Recipe(), Sampling({"synthetic": 0}), (64, 64), 4, 7, epoch)


def test_an_epoch_takes_what_each_pool_is_asked_for(pack: Pack) -> None:
    rng = np.random.default_rng(0)
    assert sorted(Sampling({"synthetic": 0}).draw(pack, list(range(8)), rng)) == list(range(8))
    assert len(set(Sampling({"synthetic": 5, "absent": 9}).draw(pack, list(range(8)), rng))) == 5
    assert set(Sampling({"synthetic": 0}).draw(pack, [2, 4], rng)) == {2, 4}


def test_the_same_seed_and_epoch_give_the_same_batch(pack: Pack) -> None:
    (a, _), (b, _), (c, _) = batches(pack)[1], batches(pack)[1], batches(pack, epoch=1)[1]
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_pixels_of_unknown_truth_and_unknown_types_cost_nothing() -> None:
    mask = np.full((64, 64), IGNORED, np.uint8)
    made = targets([Picture(mask, mask, True, None)], TYPES)
    assert made[HEADS.region][..., 1].sum() == 0
    logits = np.random.default_rng(0).normal(size=(1, 32, 32, 1)).astype(np.float32)
    assert float(RegionLoss()(made[HEADS.region], logits)) == pytest.approx(0, abs=1e-5)
    assert float(PixelTypeLoss()(made[HEADS.pixel_type], np.ones((1, 32, 32, 3), np.float32))) == 0
    assert float(SliceTypeLoss()(made[HEADS.slice_type], np.ones((1, 3), np.float32))) == 0


def test_a_tumour_of_another_type_than_the_image_teaches_its_place_and_not_its_type() -> None:
    mask = np.zeros((64, 96), np.uint8)
    mask[:32, :32], mask[32:, 64:] = TUMOUR, OTHER_TUMOUR
    made = targets([Picture(mask, mask, True, "glioma")], TYPES)
    assert made[HEADS.region][0, 0, 0, 0] == made[HEADS.region][0, -1, -1, 0] == 1
    assert made[HEADS.region][0, -1, 0, 0] == 0
    assert made[HEADS.pixel_type][0, 0, 0].tolist() == [1, 0, 0]
    assert not made[HEADS.pixel_type][0, -1, -1].any()


def test_an_image_with_nothing_but_what_does_not_count_teaches_neither_a_tumour_nor_that_there_is_none() -> None:
    masks = np.zeros((3, 64, 64), np.uint8)
    masks[0, 8:16, 8:16], masks[1, 8:16, 8:16] = IGNORED, TUMOUR
    pack = Pack(masks, masks, ["p"] * 3, ["x", "y", "z"], [0] * 3, [False, True, False], [None, "glioma", None])
    made = targets([pack.picture(i) for i in range(3)], TYPES)[HEADS.slice_tumour]
    usual = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
    losses = SliceTumourLoss(reduction=None)(made, np.full((3, 1), 2.0, np.float32))
    assert losses[0] == 0
    assert np.array_equal(losses[1:], usual(made[1:], np.full((2, 1), 2.0, np.float32)))


@pytest.mark.parametrize("loss", REGION_LOSSES.values())
def test_a_region_loss_falls_as_the_map_gets_right(loss: type[keras.losses.Loss]) -> None:
    truth = np.zeros((1, 32, 32, 2), np.float32)
    truth[..., 1] = 1
    truth[0, 8:16, 8:16, 0] = 1
    right, wrong = (sign * (truth[..., :1] * 12 - 6) for sign in (1, -1))
    assert float(loss()(truth, right)) < 0.1 < 1 < float(loss()(truth, wrong))


def test_the_focal_loss_weighs_a_missed_lesion_more_than_all_that_is_nearly_right() -> None:
    truth = np.zeros((2, 64, 64, 2), np.float32)
    truth[..., 1] = 1
    truth[0, 8:12, 8:12, 0] = 1  # the second image has none
    nearly, missed = np.full((2, 64, 64, 1), -3.0, np.float32), np.full((2, 64, 64, 1), -6.0, np.float32)
    nearly[0, 8:12, 8:12] = 3
    assert float(FocalRegionLoss()(truth, nearly)) < 0.1 * float(FocalRegionLoss()(truth, missed))


def test_what_is_not_known_costs_nothing() -> None:
    truth, unknown = np.zeros((1, 32, 32, 2), np.float32), np.zeros((1, 32, 32, 2), np.float32)
    truth[..., 1], unknown[:, 8:, :, 1] = 1, 1
    logits = np.full((1, 32, 32, 1), -12.0, np.float32)
    logits[:, :8] = 12
    for loss in REGION_LOSSES.values():
        assert float(loss()(unknown, logits)) < 1e-3 < 0.1 < float(loss()(truth, logits))


def test_a_config_names_the_losses_that_there_are() -> None:
    assert tuple(REGION_LOSSES) == configuration.REGION_LOSSES
    assert tuple(STRIDES) == configuration.STRIDES


@pytest.mark.parametrize("stride", STRIDES)
def test_the_network_has_its_four_heads_at_the_stride_that_was_asked_for(stride: int) -> None:
    network = build_region_net(3, (64, 96), stride)
    assert {name: tuple(output.shape) for name, output in network.output.items()} == {
        "region": (None, 64 // stride, 96 // stride, 1),
        "pixel_type": (None, 64 // stride, 96 // stride, 3),
        "slice_tumour": (None, 1),
        "slice_type": (None, 3),
    }


@pytest.mark.timeout(400)
def test_a_run_is_resumed_from_its_checkpoint_and_refuses_another_config(pack: Pack, tmp_path: Path) -> None:
    config = replace(
        load_config("brain-mri"), batch=4, stages=(Stage(64, 1, 1e-3),), per_epoch={"synthetic": 0}, recipe=Recipe(64)
    )
    trained = fit(config, pack, list(range(8)), tmp_path)
    assert epochs_done(tmp_path) == 1
    resumed = fit(config, pack, list(range(8)), tmp_path)  # nothing is left to do but to load
    for a, b in zip(trained.get_weights(), resumed.get_weights(), strict=True):
        assert np.allclose(a, b, atol=1e-6)
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 1
    with pytest.raises(ReleaseError, match="another config"):
        fit(replace(config, seed=1), pack, list(range(8)), tmp_path)
