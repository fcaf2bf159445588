"""Lesions drawn into X-rays."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.packing import Picture
from models.training.shadows import BRIGHTNESS, DIAMETERS, cast_shadows, draw_shadow
from models.training.truth_values import IGNORED, OTHER_TUMOUR, TUMOUR, is_tumour

HEIGHT, WIDTH = 200, 160


def tissue(value: int = 100) -> Picture:
    """With a lesion of known type in the upper left, and pixels that nothing is known of in the lower right."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:20, :20], mask[-20:, -20:] = TUMOUR, IGNORED
    return Picture(np.full(mask.shape, value, np.uint8), mask, True, "benign lesion")


@pytest.mark.parametrize("seed", range(20))
def test_a_drawn_lesion_is_a_hill_that_ends_inside_its_square(seed: int) -> None:
    added = draw_shadow(HEIGHT, np.random.default_rng(seed))
    assert BRIGHTNESS[0] - 0.1 <= added.max() <= BRIGHTNESS[1] + 0.1
    assert added.min() >= 0
    assert max(added[0].max(), added[-1].max(), added[:, 0].max(), added[:, -1].max()) < 0.1 * added.max()
    diameter = 2 * np.sqrt((added > 0.3 * added.max()).sum() / np.pi)
    assert 0.5 * DIAMETERS[0] <= diameter / HEIGHT <= 1.6 * DIAMETERS[1]


def test_the_place_of_a_drawn_lesion_is_taught_and_no_type_of_it() -> None:
    host = tissue()
    made = cast_shadows(host, np.random.default_rng(1))
    drawn = made.mask == OTHER_TUMOUR
    assert drawn.any()
    assert (made.image[drawn].astype(int) - host.image[drawn]).mean() > 3
    assert (made.tumour, made.label) == (True, "benign lesion")
    assert np.array_equal(made.mask == TUMOUR, host.mask == TUMOUR)
    assert np.array_equal(made.mask == IGNORED, host.mask == IGNORED)
    assert not is_tumour(host.mask[20:-20]).any()  # the original is as it was


def test_an_image_of_which_nothing_was_known_holds_a_tumour_afterwards() -> None:
    free = Picture(tissue().image, np.zeros((HEIGHT, WIDTH), np.uint8), False, None, doubtful=True)
    made = cast_shadows(free, np.random.default_rng(2))
    assert (made.tumour, made.label, made.doubtful) == (True, None, False)


def test_nothing_is_drawn_outside_of_the_body() -> None:
    air = tissue(value=0)
    assert cast_shadows(air, np.random.default_rng(3)) is air
