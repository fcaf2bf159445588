"""Where lesions are put in training images."""

from __future__ import annotations

import numpy as np

from models.training.packing import Pack, Picture
from models.training.placing import ANYWHERE, Places
from models.training.shadows import cast_shadows
from models.training.truth_values import IGNORED, OTHER_TUMOUR, TUMOUR

SIDE = 200
SPOT = np.ones((12, 12), bool)


def pack_of(*masks: np.ndarray) -> Pack:
    many, stack = len(masks), np.stack(masks)
    return Pack(stack, stack, ["p"] * many, list("abc"[:many]), [0] * many, [True] * many, [None] * many)


def spot(y: int, x: int, value: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[y : y + 10, x : x + 10] = value
    return mask


def tissue(value: int = 100) -> Picture:
    return Picture(np.full((SIDE, SIDE), value, np.uint8), np.zeros((SIDE, SIDE), np.uint8), False, None)


def test_places_are_the_centres_of_lesions_of_the_images_that_may_be_learnt_from() -> None:
    unknown = np.full((SIDE, SIDE), IGNORED, np.uint8)
    pack = pack_of(spot(20, 60, TUMOUR) | spot(120, 40, IGNORED), unknown, spot(0, 0, TUMOUR))
    assert Places.of(pack, [0, 1]).centres.tolist() == [[0.1225, 0.3225], [0.6225, 0.2225]]


def test_a_lesion_is_put_near_the_place_of_a_real_one() -> None:
    places = Places(np.array([[0.25, 0.7]]))
    found = [places.find(tissue(), SPOT, np.random.default_rng(seed)) for seed in range(100)]
    middles = np.array([[place[0].start + 6, place[1].start + 6] for place in found if place]) / SIDE
    assert len(middles) == 100
    assert np.allclose(middles.mean(axis=0), (0.25, 0.7), atol=0.03)
    assert (np.abs(middles - (0.25, 0.7)) < 0.3).all()


def test_without_known_places_it_lies_anywhere() -> None:
    found = [ANYWHERE.find(tissue(), SPOT, np.random.default_rng(seed)) for seed in range(60)]
    rows = [place[0].start for place in found if place]
    assert min(rows) < 0.2 * SIDE < 0.7 * SIDE < max(rows)


def test_no_place_is_outside_of_the_body_or_on_another_lesion() -> None:
    rng = np.random.default_rng(1)
    taken = Picture(tissue().image, np.full((SIDE, SIDE), TUMOUR, np.uint8), True, None)
    assert ANYWHERE.find(tissue(value=0), SPOT, rng) is None
    assert ANYWHERE.find(taken, SPOT, rng) is None
    assert ANYWHERE.find(tissue(), np.ones((SIDE, SIDE), bool), rng) is None


def test_drawn_lesions_lie_where_real_ones_do() -> None:
    places = Places(np.array([[0.3, 0.3]]))
    rows, columns = np.nonzero(
        sum(cast_shadows(tissue(), np.random.default_rng(seed), places).mask == OTHER_TUMOUR for seed in range(20))
    )
    assert (rows.mean() / SIDE, columns.mean() / SIDE) < (0.45, 0.45)
