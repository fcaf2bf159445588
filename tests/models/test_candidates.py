from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from models.calibration import UNCALIBRATED, Logistic
from models.candidates import MAX_CANDIDATES, find_candidates, find_regions, pixel_type_logits, tumour_map
from models.engines.base import HeadOutputs

GRID, SIZE = 128, 256
FRAME = np.ones((SIZE, SIZE), bool)
Blob = tuple[int, int, int, float]


def outputs(
    blobs: list[tuple[int, int, int, float]], types: list[tuple[float, float, float]] | None = None
) -> HeadOutputs:
    """Discs (x, y, radius, logit) on a background of -8; each with its type logits."""
    region = np.full((1, GRID, GRID), -8, np.float32)
    pixel_type = np.zeros((1, GRID, GRID, 3), np.float32)
    rows, columns = np.mgrid[:GRID, :GRID]
    for number, (x, y, radius, logit) in enumerate(blobs):
        disc = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
        region[0, disc] = logit
        if types:
            pixel_type[0, disc] = types[number]
    return HeadOutputs(region, pixel_type, np.array([2.0]), np.zeros((1, 3)))


def test_each_blob_becomes_one_candidate_best_first() -> None:
    found = find_candidates(outputs([(30, 30, 6, 1.0), (90, 90, 10, 4.0)]), FRAME, UNCALIBRATED)
    assert [round(c.score, 1) for c in found] == sorted((round(c.score, 1) for c in found), reverse=True)
    assert len(found) == 2
    assert found[0].mask[180, 180]
    assert found[1].mask[60, 60]


def test_a_faint_blob_is_a_candidate_but_a_faint_rim_of_a_firm_one_is_not() -> None:
    output = outputs([(40, 40, 14, -1.5), (40, 40, 8, 3.0), (100, 100, 6, -1.5)])
    firm, faint = find_regions(tumour_map(output, FRAME), output, FRAME, UNCALIBRATED)
    assert firm.over(FRAME.shape)[80, 80]
    assert faint.over(FRAME.shape)[200, 200]


def test_ever_fainter_blobs_are_candidates_where_the_calibration_names_levels_for_them() -> None:
    output = outputs([(40, 40, 8, 3.0), (100, 100, 6, -3.5)])
    fainter = replace(UNCALIBRATED, faint=(0.12, 0.02))
    sizes = [len(find_regions(tumour_map(output, FRAME), output, FRAME, c)) for c in (UNCALIBRATED, fainter)]
    assert sizes == [1, 2]


def test_two_hills_that_a_faint_saddle_joins_are_two_candidates_where_peaks_are_asked_for() -> None:
    output = outputs([(60, 60, 24, -4.0), (46, 60, 4, -2.5), (74, 60, 4, -2.0)])
    joined = replace(UNCALIBRATED, faint=(0.01,))
    apart = replace(UNCALIBRATED, faint=(), peaks_from=0.02)
    (blob,) = find_regions(tumour_map(output, FRAME), output, FRAME, joined)
    assert blob.over(FRAME.shape)[120, [92, 148]].all()
    hills = find_regions(tumour_map(output, FRAME), output, FRAME, apart)
    assert sorted(round((r.box[0] + r.box[2]) / 2) for r in hills) == pytest.approx([93, 149], abs=2)
    assert all(15 <= r.box[2] - r.box[0] <= 22 for r in hills)


def test_a_peak_inside_a_region_or_below_the_least_is_no_candidate() -> None:
    output = outputs([(40, 40, 10, 3.0), (40, 40, 4, 5.0), (90, 90, 5, -4.0)])
    for least, count in ((0.03, 1), (0.01, 2)):
        option = replace(UNCALIBRATED, faint=(), peaks_from=least)
        assert len(find_regions(tumour_map(output, FRAME), output, FRAME, option)) == count


def test_specks_below_three_cells_and_empty_maps_give_nothing() -> None:
    assert find_candidates(outputs([]), FRAME, UNCALIBRATED) == []
    assert find_candidates(outputs([(50, 50, 0, 3.0)]), FRAME, UNCALIBRATED) == []


def test_the_fifty_of_the_highest_peak_leave() -> None:
    places = [(x, y) for y in range(6, 124, 10) for x in range(6, 124, 10)]
    output = outputs([(x, y, 2, 0.5 + 0.02 * number) for number, (x, y) in enumerate(places)])
    found = find_candidates(output, FRAME, UNCALIBRATED)
    assert len(found) == MAX_CANDIDATES
    assert all(any(c.mask[2 * y, 2 * x] for c in found) for x, y in places[-MAX_CANDIDATES:])


def test_a_region_whose_box_has_its_centre_outside_of_the_field_is_no_candidate() -> None:
    """An angle: its centre of gravity lies in the field, that of its box does not."""
    output = outputs([(30, 30, 6, 4.0)])
    output.region[0, 60:110, 60:66] = output.region[0, 104:110, 60:110] = 4.0
    field = FRAME.copy()
    field[:, 150:] = False  # the angle reaches from 120 to 220, its centre of gravity is at 145
    (only,) = find_candidates(output, field, UNCALIBRATED)
    assert only.mask[60, 60]


def test_regions_outside_of_the_field_take_nobody_s_place() -> None:
    blobs = [(x, y, 2, 3.0) for x in range(6, 124, 10) for y in range(6, 124, 10)]
    field = FRAME.copy()
    field[:200] = False
    inside = outputs([(x, y, r, 1.0 if 2 * y >= 200 else logit) for x, y, r, logit in blobs])
    assert len(find_candidates(inside, field, UNCALIBRATED)) == 12 * 2


@pytest.mark.parametrize("option", [{"faint": (0.2, 0.1, 0.05, 0.02)}, {"faint": (), "peaks_from": 0.02}])
def test_noise_on_a_large_frame_takes_bounded_time_and_memory(option: dict[str, Any]) -> None:
    """Some 550 regions of this map are large enough: to score and type each took 9 s and 1.2 GB, and now 0.2 s."""
    noise = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, (384, 224)).astype(np.float32), (0, 0), 1.2)
    region = noise[None] / noise.std() * 1.5 - 3
    output = HeadOutputs(region, np.zeros((1, 384, 224, 2), np.float32), np.zeros(1), np.zeros((1, 2)))
    tracemalloc.start()
    began = time.process_time()
    found = find_candidates(output, np.ones((1024, 597), bool), replace(UNCALIBRATED, **option))
    took, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == MAX_CANDIDATES
    assert took < 3
    assert peak < 150 << 20


def test_candidates_scored_below_one_in_a_hundred_are_left_out() -> None:
    strict = replace(UNCALIBRATED, region=Logistic((0, 0, 0, 0), -5.0))
    assert find_candidates(outputs([(50, 50, 8, 4.0)]), FRAME, strict) == []


def test_each_region_gets_the_type_of_its_own_pixels() -> None:
    output = outputs([(30, 30, 8, 4.0), (90, 90, 8, 4.0)], [(5.0, 0, 0), (0, 0, 5.0)])
    found = {int(c.probabilities.argmax()): c for c in find_candidates(output, FRAME, UNCALIBRATED)}
    assert found[0].mask[60, 60]
    assert found[2].mask[180, 180]
    assert found[0].probabilities.sum() == pytest.approx(1)
    assert pixel_type_logits(found[2].mask, output)[2] == pytest.approx(5.0, abs=0.5)
