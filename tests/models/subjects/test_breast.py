"""Finding the breast in drawings of mammograms, and in real ones where they are at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.preprocessing import Recipe, prepare
from models.reading import Scan
from models.subjects.breast import find_breast

MAMMOGRAMS = Path(__file__).parents[4] / "shared" / "data" / "mammo_mias"
SIZE = (400, 300)


def film(base: float = 0.04) -> np.ndarray:
    """A film (400, 300) with noise and nothing on it."""
    return np.random.default_rng(0).normal(base, 0.01, SIZE).clip(0, 1).astype(np.float32)


def half_ellipse() -> np.ndarray:
    """Where the breast is drawn: bool (400, 300), its chest wall at the left border."""
    drawn = cv2.ellipse(np.zeros(SIZE, np.uint8), (0, 180), (180, 160), 0, 0, 360, 1, -1)
    return drawn > 0


def mammogram(base: float = 0.04) -> np.ndarray:
    """A breast with its muscle on a film."""
    image = film(base)
    image[half_ellipse()] += 0.5
    image[:80, :50] += 0.3 * half_ellipse()[:80, :50]
    return cv2.GaussianBlur(image, (0, 0), 2)


def overlap(found: np.ndarray | None) -> float:
    """Intersection over union with the breast as drawn."""
    assert found is not None
    return float((found & half_ellipse()).sum() / (found | half_ellipse()).sum())


def test_the_breast_alone_is_tissue() -> None:
    found = find_breast(mammogram())
    assert overlap(found.tissue) > 0.95
    assert found.box == pytest.approx((0, 20, 180, 340), abs=8)
    assert not found.mirrored


def test_labels_strips_and_scratches_are_left_out() -> None:
    image = mammogram()
    image[5:45, 230:255] = 0.97  # a film label
    image[:, 290:] = 1  # a strip along the border
    image[-12:] = 0.9  # another, which meets the first and passes below the breast
    image[180, 150:290] = 0.8  # a scratch from the breast to the strip
    lettering = cv2.putText(np.zeros(SIZE, np.uint8), "R MLO", (190, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 1, 3)
    image[lettering > 0] = 0.9
    found = find_breast(image)
    assert overlap(found.tissue) > 0.93
    assert found.box[2] < 200


def test_a_strip_under_a_breast_that_is_cut_off_is_left_out() -> None:
    image = mammogram()[:320].copy()
    image[-14:] = 0.7
    assert find_breast(image).box[2] < 200


def test_a_wide_white_strip_does_not_pass_for_what_is_bright() -> None:
    image = mammogram(0.0) * np.float32(0.45)
    image[:, 220:] = 1
    assert overlap(find_breast(image).tissue) > 0.9


def test_the_nipple_belongs_to_the_breast() -> None:
    image = mammogram()
    image[174:186, 170:190] = 0.5
    tissue = find_breast(image).tissue
    assert tissue is not None
    assert tissue[177:183, 187].all()


def test_a_breast_on_the_right_is_seen_mirrored() -> None:
    found = find_breast(np.ascontiguousarray(mammogram()[:, ::-1]))
    assert found.mirrored
    assert overlap(found.tissue[:, ::-1] if found.tissue is not None else None) > 0.95


def test_the_muscle_stays_even_where_it_is_white() -> None:
    image = mammogram()
    image[:80, :50][half_ellipse()[:80, :50]] = 1
    assert overlap(find_breast(image).tissue) > 0.93


@pytest.mark.parametrize("base", [0.0, 0.1, 0.2])
def test_film_of_any_base_is_background(base: float) -> None:
    assert overlap(find_breast(mammogram(base)).tissue) > 0.9


def test_a_dark_exposure_loses_nothing() -> None:
    assert overlap(find_breast(mammogram() * np.float32(0.2)).tissue) > 0.93


def test_a_negative_that_does_not_say_so_is_found_and_judged_as_it_should_have_been() -> None:
    assert overlap(find_breast(1 - mammogram()).tissue) > 0.9
    usual, negative = (
        prepare(Scan(pixels, 1, None, None, None, 0.0, "PNG"), Recipe(subject="breast", size=256, width=128))
        for pixels in (mammogram(), 1 - mammogram())
    )
    assert (usual.subject.inverted, negative.subject.inverted) == (False, True)
    assert np.abs(usual.network_input - negative.network_input).mean() < 0.02


@pytest.mark.parametrize("scale", [0.64, 8.0])
def test_size_changes_nothing(scale: float) -> None:
    found = find_breast(np.asarray(cv2.resize(mammogram(), None, fx=scale, fy=scale), np.float32))
    assert found.box == pytest.approx([scale * edge for edge in (0, 20, 180, 340)], abs=8 * scale)


def test_a_breast_that_touches_three_borders_is_found() -> None:
    found = find_breast(np.ascontiguousarray(mammogram()[60:300]))
    assert found.box == pytest.approx((0, 0, 180, 240), abs=8)
    assert not found.mirrored


@pytest.mark.parametrize("image", [film(), np.full(SIZE, 0.5, np.float32), film(0.6)], ids=["empty", "flat", "filled"])
def test_without_a_breast_the_whole_image_is_kept(image: np.ndarray) -> None:
    found = find_breast(image)
    assert found.box == (0, 0, 300, 400)
    assert found.tissue is None
    assert found.field is None
    assert not found.mirrored


@pytest.mark.skipif(not MAMMOGRAMS.exists(), reason="the mammograms are not here")
def test_lesions_of_real_mammograms_lie_in_the_tissue() -> None:
    with (MAMMOGRAMS / "lesions.csv").open(newline="") as file:
        located = [row for row in csv.DictReader(file) if row["x"]]
    for row in located[::4]:
        grey = cv2.imread(str(MAMMOGRAMS / row["image"]), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        found = find_breast((grey / 255).astype(np.float32))
        assert found.tissue is not None
        assert found.tissue[int(row["y"]), int(row["x"])], row["image"]
        assert 0.1 < found.tissue.mean() < 0.85
        assert found.mirrored == (int(row["image"][-7:-4]) % 2 == 1), "odd numbers are left breasts, wall at the right"
