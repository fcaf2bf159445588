"""Windows: parts of an image at full resolution, and what they teach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.errors import TrainingDataError
from models.networks.region_net import HEADS
from models.preprocessing import Recipe
from models.training.batches import Sampling, TrainingBatches
from models.training.config import Stage, load_config
from models.training.losses import UNKNOWN
from models.training.packed_synthetic import pack_synthetic
from models.training.packing import Picture
from models.training.truth_values import IGNORED, TUMOUR
from models.training.windows import ON_A_TUMOUR, cut_window

HEIGHT, WIDTH, SIDE = 256, 192, 64
LESION = np.s_[200:212, 20:32]


def picture(value: int, tumour: bool) -> Picture:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[LESION] = value
    return Picture(mask, mask, tumour, "suspicious lesion" if tumour else None, doubtful=value == IGNORED)


def windows(whole: Picture, count: int = 200) -> list[tuple[np.ndarray, Picture]]:
    rng = np.random.default_rng(3)
    return [cut_window(whole.image, whole, SIDE, rng) for _ in range(count)]


def test_a_window_lies_in_the_image_and_its_mask_over_the_same_pixels() -> None:
    cut = windows(picture(TUMOUR, True))
    assert all(image.shape == (SIDE, SIDE) for image, _ in cut)
    assert all(np.array_equal(image, seen.mask) for image, seen in cut)


def test_most_windows_show_the_tumour_and_the_others_are_free_of_it() -> None:
    seen = [part for _, part in windows(picture(TUMOUR, True))]
    shown = [part.tumour for part in seen]
    assert abs(np.mean(shown) - ON_A_TUMOUR) < 0.15
    assert all(part.tumour == (part.mask == TUMOUR).any() == (part.label is not None) for part in seen)


def test_a_window_beside_what_does_not_count_is_free_of_tumours_and_one_on_it_is_in_doubt() -> None:
    seen = [part for _, part in windows(picture(IGNORED, False))]
    assert not any(part.tumour for part in seen)
    assert [part.doubtful for part in seen] == [bool((part.mask == IGNORED).any()) for part in seen]
    assert len({part.doubtful for part in seen}) == 2


def test_of_a_tumour_that_only_a_box_shows_windows_are_cut_on_the_box() -> None:
    boxed = replace(picture(IGNORED, True), doubtful=False)
    seen = [part for _, part in windows(boxed)]
    assert abs(np.mean([part.tumour for part in seen]) - ON_A_TUMOUR) < 0.15
    assert all(part.tumour == (part.mask == IGNORED).any() == (part.label is not None) for part in seen)
    assert not any(part.doubtful for part in seen)


def test_batches_of_windows_are_squares_with_the_targets_of_what_they_show() -> None:
    pack = pack_synthetic(6, Recipe(), seed=1, height=288)
    sampling = Sampling({"synthetic": 0}, repeats=3)
    batches = TrainingBatches(
        pack,
        list(range(6)),
        ("glioma", "meningioma", "pituitary"),
        Recipe(),
        sampling,
        (128, 128),
        6,
        7,
        0,
        window=SIDE,
    )
    assert len(batches) == 3
    assert sorted(batches.order) == sorted(list(range(6)) * 3)
    tumours = 0
    for images, made in (batches[i] for i in range(3)):
        assert images.shape == (6, SIDE, SIDE, 1)
        assert made[HEADS.region].shape == (6, SIDE // 2, SIDE // 2, 2)
        known = made[HEADS.slice_tumour][:, 0] != UNKNOWN
        shown = made[HEADS.region][..., 0].any(axis=(1, 2))
        assert np.array_equal(shown[known], made[HEADS.slice_tumour][known, 0] == 1)
        tumours += shown.sum()
    assert 0 < tumours < 18


@pytest.mark.parametrize("side", [100, 256])
def test_a_window_that_the_network_cannot_take_or_that_does_not_fit_is_refused(side: int) -> None:
    with pytest.raises(TrainingDataError, match=f"window of {side} pixels"):
        replace(load_config("brain-mri"), stages=(Stage(224, 1, 1e-3, window=side),))
