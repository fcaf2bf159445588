"""Which pixels a classifier of regions is given."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.classifiers.crop import CropRecipe, region_box, whole_image
from models.findings import work_frame
from models.geometry import inverse_orientation, oriented
from models.preprocessing import Prepared, Recipe, prepare
from models.reading import Scan

REGION = CropRecipe(64, surround=2.0, least=0.1)
BOX = (100, 120, 140, 150)


def scan_of(pixels: np.ndarray, orientation: int = 1) -> Scan:
    return replace(Scan(pixels, orientation, None, None, None, 0.0, "PNG"), orientation=orientation)


def head() -> np.ndarray:
    """A head of 200 x 240 pixels, brightness rising to the right, with a bright mark in `BOX`."""
    pixels = np.zeros((300, 260), np.float32)
    pixels[30:270, 30:230] = np.linspace(0.3, 0.5, 200)
    pixels[120:150, 100:140] = 0.6
    return pixels


def prepared(pixels: np.ndarray, orientation: int = 1) -> Prepared:
    return prepare(scan_of(pixels, orientation), Recipe())


def test_the_region_stands_in_the_middle_with_half_its_box_on_each_side() -> None:
    crop = REGION.cut(prepared(head()), BOX)
    bright = np.argwhere(crop > crop[32, 32] - 10)
    assert crop.shape == (64, 64)
    assert crop.dtype == np.uint8
    assert np.abs(bright.min(axis=0) - (20, 16)).max() <= 1  # 40 x 30 pixels in a square of 80
    assert np.abs(bright.max(axis=0) - (43, 47)).max() <= 1


def test_a_small_region_shows_its_share_of_the_head() -> None:
    crop = replace(REGION, least=0.5).cut(prepared(head()), (118, 133, 120, 135))
    bright = np.argwhere(crop > crop[32, 32] - 10)
    assert np.ptp(bright[:, 1]) == pytest.approx(64 * 40 / 120, abs=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_scan_that_is_stored_turned_gives_the_crop_of_the_upright_one(orientation: int) -> None:
    stored = np.ascontiguousarray(oriented(head(), inverse_orientation(orientation)))
    turned = REGION.cut(prepared(stored, orientation), BOX).astype(int)
    assert np.abs(turned - REGION.cut(prepared(head()), BOX)).max() <= 1


def test_brightness_and_contrast_of_the_scanner_leave_the_crop_alike() -> None:
    crop = REGION.cut(prepared(head()), BOX).astype(int)
    assert np.abs(REGION.cut(prepared(head() * 0.7), BOX) - crop).max() <= 6  # of 255


def test_a_crop_shows_what_the_network_sees_the_tissue_alone_and_a_negative_as_it_should_have_been() -> None:
    ready, tissue = prepared(head()), np.ones((300, 260), bool)
    tissue[:, :90] = False
    subject = replace(ready.subject, tissue=tissue)
    negative = replace(ready, scan=scan_of(1 - head()), subject=replace(subject, inverted=True))
    crop = REGION.cut(replace(ready, subject=subject), BOX)
    assert crop[:, :7].max() == 0 < crop[:, 10:].min()  # the crop begins at 80, at 0.8 of the size
    assert np.abs(REGION.cut(negative, BOX).astype(int) - crop).max() <= 1


def test_a_region_in_the_padding_gives_a_crop_of_the_nearest_pixels() -> None:
    crop = REGION.cut(prepared(head()), (-400, 100, -360, 140))
    assert crop.shape == (64, 64)


def test_without_surroundings_the_whole_image_is_padded_to_a_square() -> None:
    picture = whole_image(scan_of(head()), 150)
    assert np.array_equal(picture, CropRecipe(150).cut(prepared(head()), BOX))
    assert picture[:, :9].max() == 0  # 260 wide in 300: 10 pixels of padding at half the scale
    assert picture[67, 70] == pytest.approx(0.6 * 255, abs=2)


def test_a_square_picture_of_the_right_size_is_used_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    assert np.array_equal(whole_image(scan_of(pixels.astype(np.float32) / 255), 64), pixels)


def test_the_box_of_a_region_lies_in_displayed_pixels() -> None:
    ready = prepared(head())
    frame = work_frame(ready)
    truth = np.zeros((300, 260), np.float32)
    cv2.rectangle(truth, (100, 120), (139, 149), 1, -1)
    assert np.abs(np.subtract(region_box(frame.warp(truth) > 0.5, frame), BOX)).max() <= 1
