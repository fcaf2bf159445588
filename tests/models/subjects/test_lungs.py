"""Finding the lungs in drawings of chest X-rays, and in simulated ones where they are at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.subjects.lungs import find_lungs

CHESTS = Path(__file__).parents[4] / "shared" / "data" / "chest_drr"
SIZE = (360, 400)


def ellipse(centre: tuple[int, int], axes: tuple[int, int], angle: int = 0) -> np.ndarray:
    """Where an ellipse lies: bool (360, 400)."""
    drawn = cv2.ellipse(np.zeros(SIZE, np.uint8), centre, axes, angle, 0, 360, 1, -1)
    return np.asarray(drawn) > 0


def lungs() -> np.ndarray:
    """Where both lungs are drawn; their bounds are about (62, 32, 339, 265)."""
    both: np.ndarray = ellipse((120, 160), (52, 130), 12) | ellipse((280, 160), (52, 130), -12)
    both[265:] = False
    return both


def chest() -> np.ndarray:
    """Two dark lungs between bright ribs, a brighter spine, a grey heart and belly, air beside the body."""
    image = np.full(SIZE, 0.55, np.float32)
    image[:, :25] = image[:, 375:] = 0.02
    image[cv2.dilate(lungs().astype(np.uint8), np.ones((25, 25))) > 0] = 0.8
    image[lungs()] = 0.15
    image[ellipse((220, 210), (55, 45))] = 0.5
    image[:, 185:215] = 0.95
    image += np.random.default_rng(0).normal(0, 0.03, SIZE).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(image.clip(0, 1), (0, 0), 3), np.float32)


def covers(field: np.ndarray | None) -> bool:
    """Whether a field takes in nearly all of the lungs as drawn, and not much more than their box."""
    assert field is not None
    return bool((field & lungs()).sum() > 0.95 * lungs().sum() and field.sum() < 1.4 * 277 * 233)


def test_the_field_takes_in_both_lungs_and_what_lies_between() -> None:
    found = find_lungs(chest())
    assert covers(found.field)
    assert found.field is not None
    assert found.field[150, 200], "the mediastinum"
    assert found.box == pytest.approx((42, 22, 359, 295), abs=20), "a little beyond the lungs"
    assert found.tissue is None
    assert not found.mirrored


def test_neither_belly_nor_shoulders_lie_in_the_field() -> None:
    field = find_lungs(chest()).field
    assert field is not None
    assert not field[330:].any()
    assert not field[:70, :60].any()


@pytest.mark.parametrize("grey", [0.0, 1.0])
def test_a_collimated_border_with_a_marker_changes_nothing(grey: float) -> None:
    framed = cv2.copyMakeBorder(chest(), 60, 40, 80, 50, cv2.BORDER_CONSTANT, value=grey)
    framed[10:40, 20:45] = 1 - grey
    field = find_lungs(np.asarray(framed, np.float32)).field
    assert covers(field[60:-40, 80:-50] if field is not None else None)


def test_a_pacemaker_changes_nothing() -> None:
    image = chest()
    image[ellipse((270, 90), (22, 18))] = 1
    assert covers(find_lungs(image).field)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_tone_changes_little(gamma: float) -> None:
    assert covers(find_lungs(chest() ** np.float32(gamma)).field)


@pytest.mark.parametrize("scale", [0.72, 8.0])
def test_size_changes_little(scale: float) -> None:
    resized = np.asarray(cv2.resize(chest(), None, fx=scale, fy=scale), np.float32)
    assert np.array(find_lungs(resized).box) / scale == pytest.approx(np.array(find_lungs(chest()).box), abs=16)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros(SIZE, np.float32),
        np.random.default_rng(0).random(SIZE, np.float32),
        1 - chest(),
        np.ascontiguousarray(chest().T),
    ],
    ids=["blank", "noise", "inverted", "lying"],
)
def test_without_lungs_the_whole_image_is_kept(image: np.ndarray) -> None:
    found = find_lungs(image)
    assert found.box == (0, 0, image.shape[1], image.shape[0])
    assert found.field is None


@pytest.mark.skipif(not CHESTS.exists(), reason="the simulated chest X-rays are not here")
def test_nodules_of_simulated_chests_lie_in_the_field() -> None:
    with (CHESTS / "nodules.csv").open(newline="") as file:
        seen = [
            row for row in csv.DictReader(file) if int(row["n_readers"]) >= 3 and float(row["mean_diameter_mm"]) >= 8
        ]
    shares = []
    for row in seen[::20]:
        grey = cv2.imread(str(CHESTS / row["image"]), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        found = find_lungs((grey / 255).astype(np.float32))
        assert found.field is not None, row["image"]
        x, y = ((float(row[f"{axis}0"]) + float(row[f"{axis}1"])) / 2 for axis in "xy")
        assert found.field[int(y), int(x)], row["image"]
        shares.append(found.field.mean())
    assert np.mean(shares) < 0.6


@pytest.mark.skipif(not CHESTS.exists(), reason="the simulated chest X-rays are not here")
@pytest.mark.parametrize("name", ["LIDC-IDRI-0166_1.jpg", "LIDC-IDRI-0194_1.jpg"])
def test_the_upper_half_of_long_lungs_is_not_taken_for_all(name: str) -> None:
    grey = cv2.imread(str(CHESTS / "images" / name), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    assert find_lungs((grey / 255).astype(np.float32)).box[3] > 0.6 * len(grey)
