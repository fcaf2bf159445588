"""What cannot end well is said before training, and not after hours of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.collections import several_types
from models.errors import TrainingDataError
from models.training.checks import require_lesions, require_trainable
from models.training.config import Config, load_config
from models.training.packing import Pack
from models.training.splitting import NO_FOLD, split

Image = tuple[str, str | None]
"""Pool, and the tumour's type, None in a tumour-free image."""


def pack_of(*images: Image) -> Pack:
    """Each image is a patient of fold 1, and the whole comes once more in fold 0."""
    pools, labels = [pool for pool, _ in images] * 2, [label for _, label in images] * 2
    groups = [f"p{i}" for i in range(len(pools))]
    pixels = np.zeros((len(pools), 8, 8), np.uint8)
    folds = [1] * len(images) + [0] * len(images)
    return Pack(pixels, pixels, pools, groups, folds, [bool(label) for label in labels], labels)


def config_for(**pools: int) -> Config:
    return replace(load_config("brain-mri", 0), per_epoch={"synthetic": 10, **pools}, calibration_share=0.5)


def asked(config: Config, pack: Pack) -> None:
    parts = split(pack.groups, pack.folds, pack.kinds, config.fold, config.calibration_share)
    typed = several_types(zip(pack.pools, pack.labels, strict=True))
    require_trainable(config, pack, parts, typed)


TYPED: tuple[Image, ...] = (("mine", "glioma"), ("mine", "meningioma")) * 3
FREE: tuple[Image, ...] = (("mine", None),) * 3


def test_images_that_the_config_names_are_trained_on_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    asked(config_for(mine=0), pack_of(*TYPED, *FREE))
    assert not caplog.records


def test_images_that_no_epoch_would_draw_are_refused_with_the_line_to_add() -> None:
    with pytest.raises(TrainingDataError, match=r'none of 18 images of \'mine\': add "mine" = 0 to \[per_epoch\]'):
        asked(config_for(theirs=0), pack_of(*TYPED, *FREE))


def test_a_pool_without_images_and_a_type_that_the_config_does_not_know_are_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked(config_for(mine=0, theirs=0), pack_of(*TYPED, *FREE, ("mine", "metastasis")))
    assert "no image to train on of theirs" in caplog.text
    assert "metastasis is no type of the config" in caplog.text
    assert "synthetic" not in caplog.text


@pytest.mark.parametrize(
    ("images", "share", "said"),
    [
        (TYPED, 0.5, "there are only those with"),
        (FREE, 0.5, "there are only those without"),
        ((*TYPED, *FREE), 0.0, "there are none of either"),
        ((*(("mine", "glioma"),) * 4, *FREE), 0.5, "tumours of known type"),
        ((*(("mine", "metastasis"), ("mine", "abscess")) * 3, *FREE), 0.5, "tumours of known type"),
        ((*(("mine", "glioma"), ("others", "meningioma")) * 3, *FREE), 0.5, "tumours of known type"),
    ],
)
def test_a_set_that_calibration_could_not_be_fitted_on_is_refused(
    images: tuple[Image, ...], share: float, said: str
) -> None:
    config = replace(config_for(mine=0, others=0), calibration_share=share)
    with pytest.raises(TrainingDataError, match=f"Calibration needs .*{said}"):
        asked(config, pack_of(*images))


def test_a_fold_that_no_image_names_is_refused_and_holding_out_nobody_is_not() -> None:
    pack = pack_of(*TYPED, *FREE)
    with pytest.raises(TrainingDataError, match=r"No image lies in fold 7.*folds here: 0, 1"):
        asked(replace(config_for(mine=0), fold=7), pack)
    asked(replace(config_for(mine=0), fold=NO_FOLD), pack)


@pytest.mark.parametrize("name", ["mammogram", "chest-xray"])
def test_x_rays_are_not_calibrated_on_a_pack_alone_and_may_be_fitted_on_it(name: str) -> None:
    with pytest.raises(TrainingDataError, match=r"lesion by lesion.*--data"):
        require_lesions(load_config(name), None, "tensorflow")
    require_lesions(load_config(name), None, "jax")
    require_lesions(load_config(name), Path("collections"), "tensorflow")
    require_lesions(load_config("brain-mri"), None, "tensorflow")
