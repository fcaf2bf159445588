"""Measurements of shapes whose true figures are known."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.measurement import measure

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


def _l_shape(scale: int) -> np.ndarray:
    """Two legs, 60 x 20 each before scaling."""
    mask = np.zeros((80, 80), bool)
    mask[10:70, 10:30] = True
    mask[50:70, 10:70] = True
    return mask.repeat(scale, 0).repeat(scale, 1)


def test_the_short_axis_of_an_l_spans_its_hull() -> None:
    found = measure(_l_shape(1), None)
    assert found.longest_diameter == pytest.approx(60 * math.sqrt(2), abs=PIXEL)
    assert found.short_axis == pytest.approx(40 * math.sqrt(2), abs=1.5 * PIXEL)
    assert found.area == 2000
    assert found.solidity == pytest.approx(2000 / 2800, abs=0.02)
    assert found.circularity == pytest.approx(4 * math.pi * 2000 / 240**2, abs=0.04)


def test_a_very_large_region_is_measured_like_a_small_one_and_at_once() -> None:
    small, begun = measure(_l_shape(1), (0.5, 0.5)), time.process_time()
    large = measure(_l_shape(75), (0.5 / 75, 0.5 / 75))  # 6000 x 6000 pixels
    assert time.process_time() - begun < 3
    assert large.longest_diameter == pytest.approx(small.longest_diameter, abs=0.5)
    assert large.short_axis == pytest.approx(small.short_axis, abs=0.75)
    assert large.area == pytest.approx(small.area)
    assert large.solidity == pytest.approx(small.solidity, abs=0.02)


@given(
    length=st.floats(20, 120), width=st.floats(3, 16), angle=st.floats(0, math.pi), spacing=st.sampled_from([0.3, 1.0])
)
@settings(max_examples=60, deadline=None)
def test_a_bar_at_any_angle_keeps_its_diagonal_and_its_area(
    length: float, width: float, angle: float, spacing: float
) -> None:
    found = measure(_rectangle(length, width, angle), (spacing, spacing))
    assert found.longest_diameter == pytest.approx(math.hypot(length, width) * spacing, abs=1.5 * PIXEL * spacing)
    assert found.area == pytest.approx(length * width * spacing**2, rel=0.4 / width + 0.05, abs=length * spacing**2)
    assert found.solidity > 0.75


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 159), (159, 0), (159, 159), (0, 80), (80, 159)])
def test_a_region_at_the_border_is_measured_as_far_as_it_is_seen(row: int, column: int) -> None:
    rows, columns = np.indices((160, 160))
    found = measure(np.hypot(rows - row, columns - column) <= 50, None)
    corner = {row, column} <= {0, 159}
    quarter_chord, half_chord = 50.5 * math.sqrt(2), 101  # between the ends of the visible arc
    assert found.longest_diameter == pytest.approx(quarter_chord if corner else half_chord, abs=1.5 * PIXEL)
    assert found.area == pytest.approx(math.pi * 50.5**2 / (4 if corner else 2), rel=0.03)
    assert found.solidity > 0.94


@given(pixels=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_handful_of_pixels_has_figures_within_their_bounds(pixels: list[tuple[int, int]]) -> None:
    mask = np.zeros((7, 7), bool)
    mask[tuple(zip(*pixels, strict=True))] = True
    found = measure(mask, (0.7, 1.3))
    assert 0 < found.short_axis <= found.longest_diameter + 1e-5
    assert found.area == pytest.approx(mask.sum() * 0.7 * 1.3)
    assert 0 < found.circularity <= 1
    assert 0 <= found.eccentricity < 1
    assert 0 < found.solidity <= 1
