"""Measurements of shapes whose true figures are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.measurement import location, measure

PIXEL = 1.0
"""Tolerance: a length read off a pixel grid may be off by half a pixel at each end."""


def _ellipse(
    a: float, b: float, angle: float, spacing: tuple[float, float] = (1, 1), centre: tuple[float, float] = (100.3, 99.6)
) -> np.ndarray:
    """Pixels (200, 200) whose centre lies in an ellipse with half axes a, b in mm."""
    rows, columns = np.indices((200, 200))
    x, y = (columns - centre[0]) * spacing[1], (rows - centre[1]) * spacing[0]
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    return np.asarray((along / a) ** 2 + (across / b) ** 2 <= 1)


def _rectangle(width: float, height: float, angle: float) -> np.ndarray:
    rows, columns = np.indices((200, 200))
    x, y = columns - 100.2, rows - 99.7
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    return np.asarray((np.abs(along) <= width / 2) & (np.abs(across) <= height / 2))


def _ellipse_circularity(a: float, b: float) -> float:
    """With Ramanujan's second approximation of the perimeter."""
    h = ((a - b) / (a + b)) ** 2
    return 4 * math.pi**2 * a * b / (math.pi * (a + b) * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h)))) ** 2


def test_a_bar_ten_pixels_long_measures_ten() -> None:
    mask = np.zeros((30, 30), bool)
    mask[5, 5:15] = True
    found = measure(mask, None)
    assert (found.longest_diameter, found.short_axis, found.area, found.unit) == (10, 1, 10, "px")


def test_a_single_pixel_measures_its_own_spacing() -> None:
    mask = np.zeros((30, 30), bool)
    mask[3, 4] = True
    found = measure(mask, (2.0, 0.5))
    assert (found.longest_diameter, found.short_axis, found.area, found.unit) == (2, 0.5, 1, "mm")


@given(radius=st.floats(8, 80), x=st.floats(98, 102), y=st.floats(98, 102))
@settings(max_examples=60, deadline=None)
def test_a_disc_is_measured_as_a_disc(radius: float, x: float, y: float) -> None:
    found = measure(_ellipse(radius, radius, 0, centre=(x, y)), None)
    assert found.longest_diameter == pytest.approx(2 * radius, abs=PIXEL)
    assert found.short_axis == pytest.approx(2 * radius, abs=PIXEL)
    assert found.area == pytest.approx(math.pi * radius**2, rel=0.06)
    assert found.circularity > 0.97
    assert found.solidity > 0.94
    assert found.eccentricity < 0.35


@given(
    a=st.floats(12, 60),
    ratio=st.floats(0.4, 0.9),
    angle=st.floats(0, math.pi),
    spacing=st.sampled_from([(1.0, 1.0), (1.4, 0.7), (0.5, 0.8)]),
)
@settings(max_examples=80, deadline=None)
def test_an_ellipse_at_any_angle_and_spacing_is_measured_right(
    a: float, ratio: float, angle: float, spacing: tuple[float, float]
) -> None:
    a, b = a * min(spacing), a * ratio * min(spacing)
    found = measure(_ellipse(a, b, angle, spacing), spacing)
    assert found.unit == "mm"
    assert found.longest_diameter == pytest.approx(2 * a, abs=PIXEL * max(spacing))
    assert found.short_axis == pytest.approx(2 * b, abs=1.5 * PIXEL * max(spacing))
    assert found.area == pytest.approx(math.pi * a * b, rel=0.08)
    assert found.eccentricity == pytest.approx(math.sqrt(1 - ratio**2), abs=0.09)
    assert found.circularity == pytest.approx(_ellipse_circularity(a, b), abs=0.07)


@pytest.mark.parametrize("angle", [0, 0.2, math.pi / 8, math.pi / 4, 1.3])
@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 10)])
def test_a_rectangle_at_any_angle_has_its_diagonal_and_its_width(width: int, height: int, angle: float) -> None:
    found = measure(_rectangle(width, height, angle), None)
    diagonal = math.hypot(width, height)
    assert found.longest_diameter == pytest.approx(diagonal, abs=PIXEL)
    assert found.short_axis == pytest.approx(height * diagonal / width, abs=1.5 * PIXEL)
    assert found.circularity == pytest.approx(math.pi * width * height / (width + height) ** 2, abs=0.04)


def test_a_crescent_is_less_solid_than_a_disc() -> None:
    crescent = _ellipse(40, 40, 0) & ~_ellipse(40, 40, 0, centre=(120, 99))
    assert measure(crescent, None).solidity < 0.75


def test_a_ragged_outline_is_less_circular() -> None:
    rows, columns = np.indices((200, 200)) - 100
    ragged = np.hypot(rows, columns) < 40 + 10 * np.sin(9 * np.arctan2(rows, columns))
    assert measure(ragged, None).circularity < 0.6


def test_a_hole_takes_area_but_not_diameter() -> None:
    ring = _ellipse(40, 40, 0) & ~_ellipse(20, 20, 0)
    found, disc = measure(ring, None), measure(_ellipse(40, 40, 0), None)
    assert found.longest_diameter == disc.longest_diameter
    assert found.circularity == disc.circularity
    assert found.area == pytest.approx(0.75 * disc.area, rel=0.01)


def test_an_empty_mask_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="empty"):
        measure(np.zeros((10, 10), bool), None)


def _block(x: int, y: int) -> np.ndarray:
    mask = np.zeros((120, 90), bool)
    mask[y : y + 4, x : x + 4] = True
    return mask


HEAD = np.zeros((120, 90), bool)
HEAD[30:90, 20:80] = True


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (22, 32, "upper left of the head as displayed"),
        (48, 58, "centre of the head as displayed"),
        (74, 84, "lower right of the head as displayed"),
        (48, 33, "upper middle of the head as displayed"),
        (22, 58, "left of the head as displayed"),
    ],
)
def test_the_location_is_told_within_the_head(x: int, y: int, words: str) -> None:
    assert location(_block(x, y), HEAD) == words


def test_the_location_without_a_head_is_told_within_the_image() -> None:
    assert measure(_block(2, 2), None).location == "upper left of the image as displayed"


def test_the_location_follows_the_displayed_orientation() -> None:
    assert measure(_block(22, 32), None, HEAD, orientation=3).location == "lower right of the head as displayed"
