"""Lesions put into other images."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.training.implanting import NO_IMPLANTS, Implant, Implants, cut_implants
from models.training.packing import Pack, Picture
from models.training.truth_values import IGNORED, TUMOUR

HEIGHT, WIDTH = 160, 120
GRADIENT = np.linspace(60, 140, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, 0)


def picture(lesion: bool, label: str | None = None) -> Picture:
    """Tissue that grows brighter to the right, on which a lesion lies 40 grey values brighter."""
    added, mask = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    if lesion:
        cv2.circle(added, (80, 60), 9, 40, -1)
        cv2.circle(mask, (80, 60), 10, TUMOUR, -1)
    return Picture((GRADIENT + added).astype(np.uint8), mask, lesion, label)


@pytest.fixture
def implants() -> Implants:
    return Implants(tuple(cut_implants(picture(True, "benign lesion"))))


def test_a_lesion_is_what_it_adds_to_the_tissue_around_it(implants: Implants) -> None:
    (lesion,) = implants.lesions
    inner = cv2.erode(lesion.mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert abs(lesion.added[inner].mean() - 40) < 8
    assert np.abs(lesion.added[0]).max() < 3  # nothing is left of the gradient at the rim


def test_a_tumour_free_image_gets_tumour_type_and_outline_with_the_implant(implants: Implants) -> None:
    free = picture(False)
    made = implants.put_into(free, np.random.default_rng(1))
    there = made.mask == TUMOUR
    assert (made.tumour, made.label) == (True, "benign lesion")
    assert 100 < there.sum() < 900
    assert (made.image[there].astype(int) - free.image[there]).mean() > 15
    assert not free.mask.any()  # the original is as it was


def test_beside_a_tumour_it_is_of_its_type_so_that_no_image_is_labelled_with_less_than_it_holds() -> None:
    suspicious = cut_implants(picture(True, "suspicious lesion"))
    host = picture(True, "benign lesion")
    assert Implants(tuple(suspicious)).put_into(host, np.random.default_rng(1)) is host
    both = Implants((*suspicious, *cut_implants(host)))
    for seed in range(6):
        made = both.put_into(host, np.random.default_rng(seed))
        assert made.label == "benign lesion"
        assert set(np.unique(made.mask)) == {0, TUMOUR}
    assert {both.put_into(picture(False), np.random.default_rng(seed)).label for seed in range(12)} == {
        "benign lesion",
        "suspicious lesion",
    }


def test_it_is_put_neither_on_lesions_nor_outside_of_the_body(implants: Implants) -> None:
    taken = Picture(GRADIENT.astype(np.uint8), np.full((HEIGHT, WIDTH), IGNORED, np.uint8), False, None)
    dark = Picture(np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8), False, None)
    for host in (taken, dark):
        assert implants.put_into(host, np.random.default_rng(2)) is host


def test_only_images_that_may_be_trained_on_give_lesions() -> None:
    made = [picture(True, "a"), picture(True, "b"), picture(False)]
    images, masks = (np.stack([getattr(p, part) for p in made]) for part in ("image", "mask"))
    pack = Pack(images, masks, ["p"] * 3, ["x", "y", "z"], [0, 1, 2], [True, True, False], ["a", "b", None])
    assert [lesion.label for lesion in Implants.of(pack, [1, 2]).lesions] == ["b"]
    assert NO_IMPLANTS.put_into(made[2], np.random.default_rng(0)) is made[2]


@pytest.mark.filterwarnings("error")
def test_a_lesion_of_which_nothing_is_left_when_it_is_made_smaller_is_not_put_in() -> None:
    nothing = Implant(np.full((4, 4), 40, np.float32), np.zeros((4, 4), bool), "benign lesion")
    free = picture(False)
    assert Implants((nothing,)).put_into(free, np.random.default_rng(1)) is free
