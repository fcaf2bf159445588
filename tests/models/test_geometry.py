"""Frames: from the network's input back to stored pixels, under every orientation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from models.geometry import Frame, inverse_orientation, oriented

ORIENTATIONS = range(1, 9)


def _transposed_by_pillow(pixels: np.ndarray, orientation: int) -> np.ndarray:
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def _dot(shape: tuple[int, int], x: int, y: int, radius: int = 3) -> np.ndarray:
    image = np.zeros(shape, np.float32)
    image[y - radius : y + radius + 1, x - radius : x + radius + 1] = 1
    return image


def _centre(image: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(image.shape)
    return np.array([np.average(columns, weights=image), np.average(rows, weights=image)])


def whole(stored_size: tuple[int, int], orientation: int, size: tuple[int, int]) -> Frame:
    """The whole displayed image, black bars added so that `size` does not distort it."""
    width, height = stored_size if orientation < 5 else stored_size[::-1]
    scale = max(width / size[0], height / size[1])
    padded_width, padded_height = max(width, round(size[0] * scale)), max(height, round(size[1] * scale))
    left, top = (width - padded_width) // 2, (height - padded_height) // 2
    return Frame(stored_size, orientation, (left, top, left + padded_width, top + padded_height), size)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_agrees_with_pillow(orientation: int) -> None:
    pixels = np.arange(35, dtype=np.uint8).reshape(5, 7)
    np.testing.assert_array_equal(oriented(pixels, orientation), _transposed_by_pillow(pixels, orientation))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_inverse_orientation_gives_the_stored_pixels_back(orientation: int) -> None:
    pixels = np.arange(35).reshape(5, 7)
    np.testing.assert_array_equal(oriented(oriented(pixels, orientation), inverse_orientation(orientation)), pixels)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_matrix_finds_the_stored_place_of_what_warp_shows(orientation: int) -> None:
    stored = _dot((120, 90), x=70, y=40)
    frame = whole((90, 120), orientation, (64, 64))
    seen = _centre(frame.warp(stored))
    np.testing.assert_allclose(frame.to_stored(seen[None])[0], (70, 40), atol=0.05)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("crop", [(10, 5, 70, 65), (-8, -20, 100, 88), (30, 2, 62, 34)])
def test_warp_agrees_with_pillow_within_any_crop(orientation: int, crop: tuple[int, int, int, int]) -> None:
    stored = (np.random.default_rng(1).random((80, 90)) * 255).astype(np.uint8)
    frame = Frame((90, 80), orientation, crop, (crop[2] - crop[0], crop[3] - crop[1]))
    expected = np.asarray(Image.fromarray(_transposed_by_pillow(stored, orientation)).crop(crop))
    np.testing.assert_allclose(frame.warp(stored.astype(np.float32)), expected)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_map_returns_to_where_it_came_from(orientation: int) -> None:
    stored = _dot((120, 90), x=25, y=71, radius=8)
    frame = whole((90, 120), orientation, (240, 240))
    back = frame.unwarp(frame.warp(stored))
    assert back.shape == stored.shape
    np.testing.assert_array_equal(back >= 0.5, stored >= 0.5)


def _displayed(orientation: int) -> tuple[int, int]:
    return (90, 120) if orientation < 5 else (120, 90)


def test_the_whole_image_is_not_distorted() -> None:
    frame = whole((100, 50), 1, (64, 64))
    a, b, c, d = frame.matrix[0, 0], frame.matrix[0, 1], frame.matrix[1, 0], frame.matrix[1, 1]
    assert (a, b, c, d) == (100 / 64, 0, 0, 100 / 64)


def test_shrinking_averages_instead_of_aliasing() -> None:
    stripes = np.tile(np.array([0, 1], np.float32), (512, 256))
    np.testing.assert_allclose(whole((512, 512), 1, (64, 64)).warp(stripes), 0.5)


@given(
    orientation=st.sampled_from(list(ORIENTATIONS)),
    size=st.tuples(st.integers(32, 700), st.integers(32, 700)),
    corner=st.tuples(st.integers(-50, 50), st.integers(-50, 50)),
    extent=st.tuples(st.integers(1, 800), st.integers(1, 800)),
    point=st.tuples(st.floats(-10, 300), st.floats(-10, 300)),
)
@settings(max_examples=60, deadline=None)
def test_points_survive_the_round_trip(
    orientation: int,
    size: tuple[int, int],
    corner: tuple[int, int],
    extent: tuple[int, int],
    point: tuple[float, float],
) -> None:
    crop = (*corner, corner[0] + extent[0], corner[1] + extent[1])
    frame = Frame(size, orientation, crop, (256, 224))
    stored = frame.to_stored(np.array([point]))[0]
    back = np.linalg.inv(frame.matrix[:, :2]) @ (stored - frame.matrix[:, 2])
    np.testing.assert_allclose(back, point, atol=1e-6)
