"""Findings on neighbouring slices joined to lesions, and their figures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.anatomy import Direction, Directions
from models.calibration import UNCALIBRATED
from models.presets import BRAIN_MRI
from models.reading import Place
from models.report import Finding, Malignancy, Measurements
from models.volumes.joining import join, supported
from models.volumes.measuring import craniocaudal_mm, is_reported, measured, volume_ml
from models.volumes.result import volume_probability
from models.volumes.sight import Sight, Spot

AXIAL = Directions(Direction.LEFT, Direction.POSTERIOR)
CORONAL = Directions(Direction.LEFT, Direction.INFERIOR)


def spot(
    x: int, radius: int = 10, score: float = 0.8, reported: bool = True, glioma: float = 0.9, index: int = 0
) -> Spot:
    """A disc around (x, 50) on a grid of one millimetre."""
    disc = cv2.circle(np.zeros((100, 192), np.uint8), (x, 50), radius, 1, -1)
    left, top, width, height = cv2.boundingRect(disc)
    box = (left, top, left + width, top + height)
    size = Measurements(2.0 * radius, 2.0 * radius, float(disc.sum()), "mm", 1, 0, 1, "centre")
    finding = Finding(
        box, score, reported, "glioma", {"glioma": glioma, "meningioma": 1 - glioma}, True,
        Malignancy("malignant", 0.95 * glioma), size, (),
    )  # fmt: skip
    mask = disc[top : top + height, left : left + width].astype(bool)
    return Spot(index, finding, box, mask, np.zeros((4, 2), np.float32))


def sight(
    step: int,
    *spots: Spot,
    stack: int = 0,
    probability: float = 0.5,
    directions: Directions | None = AXIAL,
    spacing: float | None = 2.0,
    index: int | None = None,
) -> Sight:
    return Sight(
        step if index is None else index, Place(stack, step, spacing), probability, probability, spots,
        np.zeros((8, 8), np.uint8), (192, 100), 1, (1.0, 1.0), directions,
    )  # fmt: skip


def test_overlapping_findings_on_neighbouring_slices_are_one_lesion() -> None:
    (lesion,) = join([sight(4, spot(40)), sight(5, spot(45)), sight(6, spot(50))])
    figures = measured(lesion, UNCALIBRATED, BRAIN_MRI)
    assert (figures.slices, figures.score, figures.reported) == ((5, 7), 0.8, True)


def test_findings_apart_are_two_lesions_though_their_slices_are_neighbours() -> None:
    assert len(join([sight(0, spot(40), spot(100)), sight(1, spot(41), spot(101))])) == 2


@pytest.mark.parametrize(("steps", "lesions"), [((0, 1), 1), ((0, 2), 1), ((0, 3), 2)])
def test_a_lesion_may_be_missed_on_one_slice_but_not_on_two(steps: tuple[int, int], lesions: int) -> None:
    assert len(join([sight(steps[0], spot(40)), sight(steps[1], spot(40))])) == lesions


def test_slices_of_different_orientations_are_no_neighbours() -> None:
    assert len(join([sight(0, spot(40)), sight(1, spot(40), stack=1, index=1)])) == 2


def test_a_lesion_that_splits_is_still_one() -> None:
    (lesion,) = join([sight(0, spot(60, 30)), sight(1, spot(40, 8), spot(80, 8)), sight(2, spot(41, 6))])
    assert len(lesion.parts) == 4


def test_a_faint_candidate_carries_a_lesion_on_but_makes_none() -> None:
    faint = spot(40, score=0.2, reported=False)
    (lesion,) = join([sight(0, spot(40)), sight(1, faint), sight(2, spot(40))])
    assert len(lesion.parts) == 3
    assert join([sight(0, faint), sight(1, faint)]) == []


def test_the_surest_lesion_comes_first() -> None:
    weak, strong = spot(40, score=0.6), spot(120, score=0.9)
    first, second = join([sight(0, weak, strong), sight(1, weak, strong)])
    assert (first.score, second.score) == (0.9, 0.6)


def test_what_a_neighbour_has_as_well_counts_fully_and_one_slice_alone_half() -> None:
    slices = [sight(step) for step in (0, 1, 2, 6)]
    assert supported(slices, [0.1, 0.9, 0.7, 0.2]) == 0.7
    assert supported(slices, [0.1, 0.1, 0.1, 0.9]) == 0.45
    assert supported([], []) == 0


def test_a_false_alarm_on_one_slice_of_many_raises_the_volume_by_half_of_it_at_most() -> None:
    slices = [sight(step, probability=0.05) for step in range(60)]
    slices[30] = sight(30, spot(40, score=0.9), probability=0.96)
    lesions = join(slices)
    assert volume_probability(slices, lesions) == 0.48
    assert not is_reported(lesions[0], UNCALIBRATED)
    slices[31] = sight(31, spot(40, score=0.9), probability=0.94)
    assert volume_probability(slices, join(slices)) == 0.94
    assert is_reported(join(slices)[0], UNCALIBRATED)


def test_two_false_alarms_at_different_places_do_not_support_each_other() -> None:
    slices = [sight(0, spot(40), probability=0.9), sight(1, spot(140), probability=0.9)]
    assert volume_probability(slices, join(slices)) == 0.45


def test_the_only_slice_counts_as_an_image_does() -> None:
    assert volume_probability([sight(0, probability=0.9)], []) == 0.9


def test_volume_is_area_times_spacing_with_a_missed_slice_filled_in() -> None:
    (whole,) = join([sight(step, spot(40)) for step in range(5)])
    (gap,) = join([sight(step, spot(40)) for step in (0, 1, 3, 4)])
    area = spot(40).finding.measurements.area
    assert volume_ml(whole) == pytest.approx(5 * area * 2 / 1000)
    assert volume_ml(gap) == pytest.approx(volume_ml(whole))
    (unknown,) = join([sight(step, spot(40), spacing=None) for step in range(3)])
    assert volume_ml(unknown) is None


def test_a_ball_has_the_volume_of_a_ball() -> None:
    radii = [round((20**2 - (2 * step) ** 2) ** 0.5) for step in range(-9, 10)]
    (ball,) = join([sight(step, spot(90, radius)) for step, radius in enumerate(radii)])
    assert volume_ml(ball) == pytest.approx(4 / 3 * np.pi * 20**3 / 1000, rel=0.05)
    figures = measured(ball, UNCALIBRATED, BRAIN_MRI)
    assert figures.longest_diameter == 40
    assert 8 <= figures.largest_slice <= 12  # of one size once they are rounded


def test_the_extent_from_head_to_feet_is_known_where_the_orientation_is() -> None:
    (axial,) = join([sight(step, spot(40)) for step in range(4)])
    (coronal,) = join([sight(step, spot(40, 10 + step), directions=CORONAL) for step in range(4)])
    (unknown,) = join([sight(step, spot(40), directions=None) for step in range(4)])
    assert craniocaudal_mm(axial) == 8
    assert craniocaudal_mm(coronal) == 27
    assert craniocaudal_mm(unknown) is None


def test_types_are_means_weighted_by_score_and_area() -> None:
    (lesion,) = join([sight(0, spot(40, 20, glioma=0.9)), sight(1, spot(40, 5, glioma=0.1))])
    figures = measured(lesion, UNCALIBRATED, BRAIN_MRI)
    assert figures.label == "glioma"
    assert 0.8 < figures.probabilities["glioma"] < 0.9
    assert sum(figures.probabilities.values()) == pytest.approx(1)
    assert figures.malignancy.probability == pytest.approx(0.95 * figures.probabilities["glioma"])
