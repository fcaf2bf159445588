"""The type classifier is trained by the same commands as the classic one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.classifiers.choice import load_classifier
from models.evaluation.card import render_card
from models.networks.region_classifier import build_region_classifier
from models.release import Release
from models.training.classifiers.config import load_classifier_config
from models.training.classifiers.generators import training_flow
from models.training.classifiers.run import train_classifier

TYPE = replace(load_classifier_config("type"), size=32, epochs=1, batch=8, dense=16)


def test_a_pretrained_encoder_is_trained_the_same_way_and_ends_in_a_release(
    draw_folder: Callable[..., Path], release: Release, tmp_path: Path
) -> None:
    train_classifier(TYPE, draw_folder(tmp_path / "data", count=10), None, tmp_path / "run", tmp_path / "type", None)
    figures = json.loads((tmp_path / "type/evaluation.json").read_text())
    assert figures["test"]["pictures"] == 4
    assert figures["network"] == "efficientnet-lite0"
    assert load_classifier(str(tmp_path / "type"), [release])
    card = " ".join(render_card(tmp_path / "type").split())
    assert "The first blocks of EfficientNet-Lite0 from ImageNet's weights" in card
    assert "augmented by ImageDataGenerator, 20% of them under another contrast" in card


def test_the_first_blocks_keep_the_filters_of_imagenet() -> None:
    model = build_region_classifier(32, 3, 16, 0.2, frozen_blocks=3)
    frozen = {layer.name.split("_")[0] for layer in model.layers if layer.weights and not layer.trainable}
    assert frozen == {"stem", "block0", "block1", "block2"}
    assert np.ptp(model.get_layer("stem_conv").get_weights()[0]) > 0.5


def test_a_share_of_the_training_pictures_has_another_contrast_the_same_each_time(
    draw_folder: Callable[..., Path], tmp_path: Path
) -> None:
    folder, classes = draw_folder(tmp_path / "data"), ("benign", "malignant")
    config = replace(TYPE, size=40, batch=40, augmentation={}, reweighted=0.5)
    plain, varied, again = (
        training_flow(folder, classes, c, epoch=0)[0][0] for c in (replace(config, reweighted=0.0), config, config)
    )
    changed = np.abs(varied - plain).max(axis=(1, 2, 3)) > 0.02
    assert 10 <= changed.sum() <= 30
    assert np.array_equal(varied, again)
    assert np.abs(varied.mean(axis=(1, 2)) - plain.mean(axis=(1, 2))).max() < 0.1
    assert load_classifier_config("classic").reweighted == 0 < load_classifier_config("type").reweighted
