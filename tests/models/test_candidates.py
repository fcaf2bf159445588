from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.calibration import UNCALIBRATED, Logistic
from models.candidates import MAX_CANDIDATES, find_candidates, pixel_type_logits, region_masks, tumour_map
from models.engines.base import HeadOutputs

GRID, SIZE = 128, 256
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
    found = find_candidates(outputs([(30, 30, 6, 1.0), (90, 90, 10, 4.0)]), (SIZE, SIZE), UNCALIBRATED)
    assert [round(c.score, 1) for c in found] == sorted((round(c.score, 1) for c in found), reverse=True)
    assert len(found) == 2
    assert found[0].mask[180, 180]
    assert found[1].mask[60, 60]


def test_a_faint_blob_is_a_candidate_but_a_faint_rim_of_a_firm_one_is_not() -> None:
    output = outputs([(40, 40, 14, -1.5), (40, 40, 8, 3.0), (100, 100, 6, -1.5)])
    masks = region_masks(tumour_map(output, (SIZE, SIZE)), GRID, UNCALIBRATED)
    assert len(masks) == 2
    assert masks[0][80, 80]
    assert masks[1][200, 200]


def test_ever_fainter_blobs_are_candidates_where_the_calibration_names_levels_for_them() -> None:
    output = outputs([(40, 40, 8, 3.0), (100, 100, 6, -3.5)])
    fainter = replace(UNCALIBRATED, faint=(0.12, 0.02))
    sizes = [len(region_masks(tumour_map(output, (SIZE, SIZE)), GRID, c)) for c in (UNCALIBRATED, fainter)]
    assert sizes == [1, 2]


def test_specks_below_three_cells_and_empty_maps_give_nothing() -> None:
    assert find_candidates(outputs([]), (SIZE, SIZE), UNCALIBRATED) == []
    assert find_candidates(outputs([(50, 50, 0, 3.0)]), (SIZE, SIZE), UNCALIBRATED) == []


def test_at_most_fifty_candidates_leave() -> None:
    blobs = [(x, y, 2, 3.0) for x in range(6, 124, 10) for y in range(6, 124, 10)]
    assert len(find_candidates(outputs(blobs), (SIZE, SIZE), UNCALIBRATED)) == MAX_CANDIDATES


def test_candidates_scored_below_one_in_a_hundred_are_left_out() -> None:
    strict = replace(UNCALIBRATED, region=Logistic((0, 0, 0, 0), -5.0))
    assert find_candidates(outputs([(50, 50, 8, 4.0)]), (SIZE, SIZE), strict) == []


def test_each_region_gets_the_type_of_its_own_pixels() -> None:
    output = outputs([(30, 30, 8, 4.0), (90, 90, 8, 4.0)], [(5.0, 0, 0), (0, 0, 5.0)])
    found = {int(c.probabilities.argmax()): c for c in find_candidates(output, (SIZE, SIZE), UNCALIBRATED)}
    assert found[0].mask[60, 60]
    assert found[2].mask[180, 180]
    assert found[0].probabilities.sum() == pytest.approx(1)
    assert pixel_type_logits(found[2].mask, output)[2] == pytest.approx(5.0, abs=0.5)
