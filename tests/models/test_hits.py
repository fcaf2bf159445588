"""Which lesion a candidate hits by its centre, and what each lesion covers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.collections import Lesion, Record, lesion_masks
from models.collections.hits import FALSE, is_lesion, lesions_hit

SHAPE = (100, 120)


def record(*lesions: Lesion, margin: float = 0.0, mask: Path | None = None) -> Record:
    return Record(Path("x"), "p", "g", 0, True, mask=mask, lesions=lesions, centre_margin=margin)


def around(x: float, y: float) -> tuple[int, int, int, int]:
    return round(x - 2), round(y - 2), round(x + 2), round(y + 2)


def test_the_centre_decides_however_large_the_candidate_is_and_the_margin_widens_the_box() -> None:
    lesion = Lesion((40, 40, 60, 80))
    for margin, inside, outside in ((0.0, (40, 80), (39, 60)), (0.25, (35, 90), (34, 60))):
        one = record(lesion, margin=margin)
        assert lesions_hit(one, [around(*inside)]) == [0]
        assert lesions_hit(one, [around(*outside)]) == [FALSE]
    assert lesions_hit(record(lesion), [(0, 0, 100, 120)]) == [0]


def test_a_lesion_is_found_once_and_further_candidates_on_it_count_neither_way() -> None:
    two = record(Lesion((10, 10, 30, 30)), Lesion((60, 60, 80, 80)))
    boxes = [around(20, 20), around(21, 21), around(50, 50), around(70, 70), around(22, 20)]
    assert lesions_hit(two, boxes) == [0, None, FALSE, 1, None]


def test_of_overlapping_lesions_the_nearest_is_hit_first_then_the_other() -> None:
    overlapping = record(Lesion((10, 10, 50, 50)), Lesion((26, 26, 56, 56)))
    assert lesions_hit(overlapping, [around(42, 42), around(44, 44), around(43, 43)]) == [1, 0, None]


def test_a_candidate_on_a_lesion_that_is_not_wanted_counts_neither_way_but_a_wanted_one_beneath_it_is_hit() -> None:
    small = Lesion((10, 10, 20, 20), counts=False)
    both = record(small, Lesion((12, 12, 40, 40), finding="CIRC"))
    assert lesions_hit(both, [around(11, 11), around(15, 15), around(90, 90)]) == [None, 1, FALSE]
    assert lesions_hit(both, [around(30, 30)], lambda lesion: lesion.finding == "CALC") == [None]


def test_a_score_is_held_against_any_lesion_that_counts_and_against_nothing_where_that_cannot_be_said() -> None:
    both = record(Lesion((10, 10, 20, 20), counts=False), Lesion((40, 40, 60, 60)))
    said = [is_lesion(both, around(*at)) for at in ((15, 15), (50, 50), (51, 50), (80, 80))]
    assert said == [None, True, True, False]
    somewhere = record()
    assert is_lesion(somewhere, around(15, 15)) is None
    assert is_lesion(replace(somewhere, tumour=False), around(15, 15)) is False


def test_each_lesion_has_its_part_of_the_outline_and_an_ellipse_where_there_is_none(tmp_path: Path) -> None:
    outline = np.zeros(SHAPE, np.uint8)
    outline[20:30, 20:30] = outline[60:64, 60:64] = 255
    cv2.imwrite(str(tmp_path / "m.png"), outline)
    first, second, third = Lesion((15, 15, 28, 35)), Lesion((58, 58, 70, 70)), Lesion((80, 10, 101, 31))
    one, two, three = lesion_masks(record(first, second, third, mask=tmp_path / "m.png"), SHAPE)
    assert (one.sum(), two.sum()) == (10 * 8, 16)
    assert three.sum() == pytest.approx(np.pi * 10.5**2, rel=0.02)
    assert np.argwhere(three).mean(axis=0) == pytest.approx((20, 90))
    [alone] = lesion_masks(record(first, mask=tmp_path / "m.png"), SHAPE)
    assert np.array_equal(alone, one)  # what strays from the box, as the outline of mdb002 does, is no part of it
