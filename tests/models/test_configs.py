"""The configs that come along."""

from __future__ import annotations

import pytest

from models.presets import PRESETS
from models.report import Kind
from models.subjects import FINDERS
from models.training.config import load_config


@pytest.mark.parametrize("name", ["brain-mri", "mammogram", "chest-xray"])
def test_a_config_names_what_its_kind_knows_and_sizes_that_the_network_takes(name: str) -> None:
    config = load_config(name)
    assert set(config.types) == set(PRESETS[config.kind].malignant_share)
    assert config.recipe.subject in FINDERS
    sizes = [config.recipe.shape, *map(config.shape, config.stages)]
    assert all(side % 32 == 0 for shape in sizes for side in shape)
    assert config.packed_height >= max(height for height, _ in sizes)
    assert config.stages[0].learning_rate
    assert config.variation.mirrored == (0.5 if config.kind is Kind.BRAIN_MRI else 0)
