"""Slices sorted by where they lie."""

from __future__ import annotations

import numpy as np
import pytest

from models.reading.stacking import Geometry, stacked

AXIAL, CORONAL, SAGITTAL = (1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1), (0, 1, 0, 0, 0, -1)
SHAPE = (64, 64)


def axial(z: float, orientation: tuple[float, ...] = AXIAL, spacing: float | None = None) -> Geometry:
    return Geometry((-100.0, -100.0, z), orientation, SHAPE, spacing)


def indices(slices: list[Geometry]) -> list[int]:
    return [index for index, _ in stacked(slices).order]


def test_slices_are_ordered_from_feet_to_head_whatever_the_order_of_files() -> None:
    heights = np.random.default_rng(0).permutation(12)
    found = stacked([axial(5.0 * z) for z in heights])
    assert [heights[index] for index, _ in found.order] == list(range(12))
    assert [place.step for _, place in found.order] == list(range(12))
    assert {place.spacing_mm for _, place in found.order} == {5.0}


def test_a_missing_slice_is_a_step_that_nobody_has() -> None:
    found = stacked([axial(3.0 * z) for z in (0, 1, 2, 4, 5, 9)])
    assert [place.step for _, place in found.order] == [0, 1, 2, 4, 5, 9]
    assert found.order[0][1].steps_to(found.order[3][1]) == 4


def test_of_several_images_at_one_place_the_first_stays_and_the_others_are_counted() -> None:
    found = stacked([axial(z) for z in (0, 2, 4, 0, 2, 4, 0)])
    assert [index for index, _ in found.order] == [0, 1, 2]
    assert found.repeated == 4


def test_other_orientations_and_shapes_are_stacks_of_their_own_the_largest_first() -> None:
    localizer = [Geometry((-100.0, 10.0 * i, 100.0), CORONAL, SHAPE) for i in range(3)]
    sagittal = [Geometry((10.0 * i, -100.0, 100.0), SAGITTAL, SHAPE) for i in range(2)]
    wide = [Geometry((-100.0, -100.0, 0.0), AXIAL, (64, 96))]
    found = stacked([*localizer, *sagittal, *wide, *(axial(z) for z in range(5))])
    assert [place.stack for _, place in found.order] == [0] * 5 + [1] * 3 + [2] * 2 + [3]
    assert found.order[0][1].steps_to(found.order[5][1]) is None


def test_cosines_that_were_rounded_are_one_orientation() -> None:
    tilted = (0.9999, 0.0, 0.0141, 0.0, 1.0, 0.0)
    assert {place.stack for _, place in stacked([axial(0), axial(2, tilted), axial(4)]).order} == {0}


@pytest.mark.parametrize(
    ("position", "orientation"), [((), AXIAL), ((0.0, 0.0, 1.0), ()), ((0.0, 0.0, 1.0), (0,) * 6), ((1.0,), AXIAL)]
)
def test_slices_whose_place_is_not_known_stay_in_order_with_the_stated_spacing(
    position: tuple[float, ...], orientation: tuple[float, ...]
) -> None:
    found = stacked([Geometry(position, orientation, SHAPE, 4.0) for _ in range(4)])
    assert [index for index, _ in found.order] == [0, 1, 2, 3]
    assert [place.step for _, place in found.order] == [0, 1, 2, 3]
    assert found.order[0][1].spacing_mm == 4.0
    assert found.repeated == 0


def test_a_spacing_that_cannot_be_is_none() -> None:
    assert stacked([axial(0.0), axial(400.0)]).order[0][1].spacing_mm is None
