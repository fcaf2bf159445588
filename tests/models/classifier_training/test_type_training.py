"""The type classifier is trained by the same commands as the classic one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.classifiers.choice import load_classifier
from models.errors import TrainingDataError
from models.evaluation.card import render_card
from models.networks.region_classifier import build_region_classifier
from models.training.classifiers.config import load_classifier_config
from models.training.classifiers.run import train_classifier

TYPE = replace(load_classifier_config("type"), size=32, epochs=3, batch=8, dense=16)


def test_a_pretrained_encoder_learns_shapes_and_ends_in_a_release(
    draw_folder: Callable[..., Path], tmp_path: Path
) -> None:
    train_classifier(TYPE, draw_folder(tmp_path / "data"), None, tmp_path / "run", tmp_path / "type", None)
    figures = json.loads((tmp_path / "type/evaluation.json").read_text())
    assert figures["test"]["accuracy"]["value"] >= 0.75
    assert load_classifier(str(tmp_path / "type"), ("glioma", "meningioma", "pituitary"))
    assert "EfficientNet-Lite0" in render_card(tmp_path / "type")


def test_the_first_blocks_keep_the_filters_of_imagenet() -> None:
    model = build_region_classifier(32, 3, 16, 0.2, frozen_blocks=3)
    frozen = {layer.name.split("_")[0] for layer in model.layers if layer.weights and not layer.trainable}
    assert frozen == {"stem", "block0", "block1", "block2"}
    assert np.ptp(model.get_layer("stem_conv").get_weights()[0]) > 0.5


def test_a_network_that_does_not_exist_is_named() -> None:
    with pytest.raises(TrainingDataError, match="'resnet'; it can be sequential or efficientnet-lite0"):
        replace(TYPE, network="resnet")
