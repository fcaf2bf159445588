"""The configs that come along."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import TrainingDataError
from models.presets import PRESETS
from models.report import Kind
from models.subjects import FINDERS
from models.training.config import CONFIG_FOLDER, load_config


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


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("batch = 16", "batch = 'x'", "batch is 'x'; it takes a whole number."),
        ("batch = 16", "batch = -3", "batch is -3; it can be 1 to 4096."),
        ("seed = 20", "seed = 'a'", "seed is 'a'; it takes a whole number."),
        ("seed = 20", "", "seed is missing."),
        ("frozen_blocks = 3", "frozen_blocks = 99", "frozen_blocks is 99; it can be 0 to 16."),
        ('types = ["glioma", "meningioma", "pituitary"]', "types = []", "It needs types, and stages"),
        ("batch = 16", "foo = 3", "foo is no setting here"),
        ("epochs = 11", "epoch = 11", "epoch is no setting here"),
        ("epochs = 11", "epochs = 0", "epochs is 0; it can be 1 to 10000."),
        ("size = 192", "size = 200", "size is 200; the images of a stage are multiples of 32 pixels high."),
        ("learning_rate = 1.0e-3", "learning_rate = 'fast'", "learning_rate is 'fast'; it takes a number."),
        ("learning_rate = 1.0e-3", "", "the first of them with a learning_rate."),
        ('"brain_lgg/lesion" = 280', '"brain_lgg/lesion" = -4', "An entry of per_epoch is -4"),
        ('"brain_lgg/lesion" = 280', '"brain_lgg/lesion" = "x"', "each value a whole number."),
        ("stripped = 0.25", "stripped = 2", "stripped is 2; it is a share"),
        ("batch = 16", "batch = 16\nkind = 'ct'", "kind is 'ct'; it can be brain-mri"),
        ("batch = 16", "batch = 16\nbatch = 17", "cannot be read: "),
    ],
)
def test_what_no_training_can_go_by_is_one_sentence(before: str, after: str, said: str, tmp_path: Path) -> None:
    text = (CONFIG_FOLDER / "brain-mri.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "mine.toml").write_text(text.replace(before, after, 1))
    with pytest.raises(TrainingDataError) as caught:
        load_config(str(tmp_path / "mine.toml"))
    assert said in str(caught.value)
    assert str(tmp_path / "mine.toml") in str(caught.value)


def test_an_empty_file_lacks_what_has_no_default(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").touch()
    with pytest.raises(TrainingDataError, match=r"cannot be used: .*types.* is missing\."):
        load_config(str(tmp_path / "empty.toml"))
    with pytest.raises(TrainingDataError, match=r"There is no config .*; name a model in"):
        load_config("nosuch")
