"""Variation of training slices: image and mask stay together, and what is not asked for draws nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.preprocessing import Recipe
from models.subjects.head import head_box
from models.training.augmentation import _stripped, augment
from models.training.degrading import _border
from models.training.packed_synthetic import pack_synthetic
from models.training.packing import Pack
from models.training.truth_values import TUMOUR
from models.training.variation import UNVARIED, Variation

SIZE = 128
PACKED = 288


@pytest.fixture(scope="module")
def slices() -> Pack:
    return pack_synthetic(12, Recipe(), seed=3, height=PACKED)


@pytest.fixture(scope="module")
def marked() -> tuple[np.ndarray, np.ndarray]:
    """A head whose tumour, off the middle, is the brightest that there is."""
    image, mask = np.zeros((2, PACKED, PACKED), np.uint8)
    cv2.ellipse(image, (144, 144), (115, 138), 0, 0, 360, 90, -1)
    cv2.circle(image, (110, 190), 24, 250, -1)
    cv2.circle(mask, (110, 190), 24, TUMOUR, -1)
    return image, mask


@pytest.mark.parametrize("shares", [UNVARIED, Variation(stripped=1), Variation(quarter_turned=1)])
def test_image_and_mask_move_together(marked: tuple[np.ndarray, np.ndarray], shares: Variation) -> None:
    for seed in range(8):
        moved, mask = augment(*marked, (SIZE, SIZE), np.random.default_rng(seed), shares)
        assert moved[mask == TUMOUR].mean() > 1.6 * moved[mask == 0].mean()
        assert mask[moved > 0.9 * moved.max()].mean() > 0.8 * TUMOUR or moved[0, 0] > 0.5  # a bright border


def test_a_quarter_turn_brings_the_tumour_to_another_quadrant(marked: tuple[np.ndarray, np.ndarray]) -> None:
    sides = set()
    for seed in range(12):
        _, mask = augment(*marked, (SIZE, SIZE), np.random.default_rng(seed), Variation(quarter_turned=1))
        rows, _ = np.nonzero(mask == TUMOUR)
        sides.add(bool(rows.mean() > SIZE / 2))
    assert sides == {True, False}  # a mirrored head alone has it below the middle


def test_a_stripped_slice_keeps_nine_tenths_of_its_tumour_and_no_skull(slices: Pack) -> None:
    smaller = 0
    for number, (image, mask) in enumerate(zip(slices.images, slices.masks, strict=True)):
        brain, outlined = _stripped(image, mask, np.random.default_rng(number))
        assert (outlined == TUMOUR).sum() >= 0.9 * (mask == TUMOUR).sum()
        assert not (outlined[brain != image] == TUMOUR).any()
        smaller += (brain > 20).sum() < 0.85 * (image > 20).sum()
    assert smaller >= 8


def test_a_slice_is_not_stripped_of_its_tumour(slices: Pack) -> None:
    image, rim = slices.images[0], np.zeros((PACKED, PACKED), np.uint8)
    x0, y0, x1, _ = head_box(image.astype(np.float32) / 255)
    rim[y0 : y0 + 8, x0:x1] = TUMOUR
    same, kept = _stripped(image, rim, np.random.default_rng(0))
    assert same is image
    assert kept is rim


def test_the_brain_fills_the_frame_after_stripping(slices: Pack) -> None:
    sides = []
    for number, (image, mask) in enumerate(zip(slices.images, slices.masks, strict=True)):
        x0, y0, x1, y1 = head_box(
            augment(image, mask, (SIZE, SIZE), np.random.default_rng(number), Variation(stripped=1))[0]
        )
        sides.append(max(x1 - x0, y1 - y0) / SIZE)
    assert 0.88 < np.median(sides) <= 1  # as a packed head does; where it was in the head it would be 0.75


def test_another_weighting_keeps_the_air_dark_and_changes_the_rest(slices: Pack) -> None:
    image, mask = slices.images[0], slices.masks[0]
    ranks = []
    for seed in range(10):
        other, _ = augment(image, mask, (SIZE, SIZE), np.random.default_rng(seed), Variation(reweighted=1))
        usual, _ = augment(image, mask, (SIZE, SIZE), np.random.default_rng(seed))
        assert not np.array_equal(other, usual)
        ranks.append(np.corrcoef(cv2.resize(image, (SIZE, SIZE)).ravel(), other.ravel())[0, 1])
    assert np.median(ranks) < 0.9


def test_a_share_of_nought_draws_nothing(slices: Pack) -> None:
    """So a run that was begun before there was such a variation goes on with the very images that it had."""
    image, mask = slices.images[0], slices.masks[0]
    asked, usual = np.random.default_rng(4), np.random.default_rng(4)
    augment(image, mask, (SIZE, SIZE), usual)
    augment(image, mask, (SIZE, SIZE), asked, Variation(0.0, 0.0, 0.0))
    assert asked.bit_generator.state == usual.bit_generator.state
    augment(image, mask, (SIZE, SIZE), asked := np.random.default_rng(4), Variation(reweighted=1e-9))
    assert asked.bit_generator.state != usual.bit_generator.state


def test_a_packed_image_is_posed_as_it_always_was() -> None:
    """Turn, scale, mirror and shift of seed 0, as the first draws: noted down before there were other variations."""
    mask = np.zeros((PACKED, PACKED), np.uint8)
    cv2.circle(mask, (110, 190), 12, TUMOUR, -1)
    _, moved = augment(mask, mask, (SIZE, SIZE), np.random.default_rng(0))
    rows, columns = np.nonzero(moved)
    assert (columns.mean(), rows.mean()) == (pytest.approx(76.5, abs=0.5), pytest.approx(86.7, abs=0.5))


def test_whether_an_image_is_mirrored_is_drawn_whatever_the_share_so_that_nothing_else_changes() -> None:
    mask = np.zeros((PACKED, PACKED), np.uint8)
    cv2.circle(mask, (50, 144), 12, TUMOUR, -1)
    for seed in range(8):
        columns = []
        for share in (0.0, 1.0):
            rng = np.random.default_rng(seed)
            _, moved = augment(mask, mask, (SIZE, SIZE), rng, Variation(mirrored=share))
            columns.append(np.nonzero(moved)[1].mean())
        assert columns[0] < SIZE / 2 < columns[1]
        augment(mask, mask, (SIZE, SIZE), usual := np.random.default_rng(seed))
        assert usual.bit_generator.state == rng.bit_generator.state


@pytest.mark.parametrize("side", [32, 64, 256])
def test_a_border_leaves_the_image_inside(side: int) -> None:
    image = np.full((side, side), 0.4, np.float32)
    for seed in range(30):
        framed = _border(image, np.random.default_rng(seed))
        assert (framed[0] == framed[0, 0]).all()
        assert (framed == np.float32(0.4)).mean() > 0.7
