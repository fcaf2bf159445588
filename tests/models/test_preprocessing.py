from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.preprocessing import (
    Recipe,
    Steps,
    crop,
    denoise,
    enhance,
    enhance_steps,
    local_contrast,
    normalise,
    prepare,
    subject_frame,
)
from models.reading import Scan
from models.subjects import Subject
from models.subjects.head import head_box
from models.synthetic import SyntheticScan


def scan_of(pixels: np.ndarray, orientation: int = 1) -> Scan:
    return Scan(pixels.astype(np.float32), orientation, None, None, None, 0.0, "PNG")


def bright_rectangle(shape: tuple[int, int], box: tuple[int, int, int, int]) -> np.ndarray:
    image = np.zeros(shape, np.float32)
    x0, y0, x1, y1 = box
    image[y0:y1, x0:x1] = 0.6
    return image


@pytest.mark.parametrize("shape", [(300, 400), (900, 1200), (128, 160)])
def test_the_head_is_found_whatever_the_matrix(shape: tuple[int, int]) -> None:
    height, width = shape
    box = (width // 4, height // 5, width * 3 // 4, height * 4 // 5)
    assert np.allclose(head_box(bright_rectangle(shape, box)), box, atol=max(2, 0.02 * width))


def test_an_image_without_a_head_is_taken_whole() -> None:
    assert head_box(np.zeros((100, 140), np.float32)) == (0, 0, 140, 100)
    speck = bright_rectangle((100, 140), (50, 50, 60, 60))
    assert head_box(speck) == (0, 0, 140, 100)


def test_the_crop_is_a_square_around_the_head_with_a_margin() -> None:
    image = bright_rectangle((400, 400), (100, 150, 300, 250))
    frame, subject = subject_frame(image, 1, Recipe(), (256, 256))
    x0, y0, x1, y1 = frame.crop
    assert x1 - x0 == y1 - y0 == round((subject.box[2] - subject.box[0]) * 1.08)
    assert abs((x0 + x1) / 2 - 200) <= 1
    assert abs((y0 + y1) / 2 - 200) <= 1


def test_without_the_crop_step_the_whole_image_stays() -> None:
    image = bright_rectangle((300, 400), (100, 100, 200, 200))
    frame, _ = subject_frame(image, 1, Recipe().without("crop"), (256, 256))
    assert frame.crop == (0, -50, 400, 350)


def test_a_rectangular_network_sees_a_crop_of_its_own_proportions() -> None:
    image = bright_rectangle((400, 400), (180, 50, 260, 350))
    frame, _ = subject_frame(image, 1, Recipe(), (128, 256))
    x0, y0, x1, y1 = frame.crop
    assert (x1 - x0) * 2 == y1 - y0 >= 300 * 1.07
    assert frame.warp(image).shape == (256, 128)


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_what_is_no_tissue_is_black_whatever_the_orientation(orientation: int) -> None:
    from models.geometry import inverse_orientation, oriented

    upright = np.full((80, 60), 0.5, np.float32)
    tissue = np.zeros(upright.shape, bool)
    tissue[:40] = True
    stored = np.ascontiguousarray(oriented(upright, inverse_orientation(orientation)))
    frame, _ = subject_frame(upright, orientation, Recipe(margin=0), (60, 80))
    cropped = crop(stored, frame, Subject((0, 0, 60, 80), tissue))
    assert (cropped[:39] > 0.4).all()
    assert not cropped[41:].any()


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_the_network_sees_a_turned_scan_upright(orientation: int, synthetic: list[SyntheticScan]) -> None:
    from models.geometry import inverse_orientation, oriented

    upright = synthetic[0].pixels.astype(np.float32) / 255
    stored = np.ascontiguousarray(oriented(upright, inverse_orientation(orientation)))
    straight = prepare(scan_of(upright), Recipe()).steps.network_input
    turned = prepare(scan_of(stored, orientation), Recipe()).steps.network_input
    assert np.abs(straight - turned).mean() < 0.02


def test_denoising_removes_noise_and_keeps_edges() -> None:
    rng = np.random.default_rng(0)
    clean = bright_rectangle((128, 128), (40, 40, 90, 90))
    noisy = clean + 0.02 * rng.standard_normal(clean.shape).astype(np.float32)
    result = denoise(noisy, 0.06)
    assert result[50:80, 50:80].std() < 0.6 * noisy[50:80, 50:80].std()
    assert result[60, 42] - result[60, 37] > 0.55


def test_enhancing_widens_a_narrow_local_contrast() -> None:
    rng = np.random.default_rng(1)
    dull = (0.4 + 0.03 * rng.standard_normal((128, 128))).astype(np.float32)
    for recipe in (Recipe(), Recipe(enhance_local=0.1)):
        assert enhance(dull, recipe).std() > 1.5 * dull.std()


def test_a_faint_spot_stands_out_alike_in_dark_and_in_bright_surroundings() -> None:
    """As a nodule does in the lung and behind the heart; of even surroundings nothing is made."""
    y, x = np.indices((128, 128))
    spots = sum(0.05 * np.exp(-((x - at) ** 2 + (y - 64) ** 2) / 18) for at in (32, 96))
    image = np.where(x < 64, 0.2, 0.8).astype(np.float32)
    made = local_contrast((image + spots).astype(np.float32), 8.0)
    assert made[64, 32] == pytest.approx(made[64, 96], abs=0.02)
    assert made[64, 32] > 0.7
    assert np.allclose(local_contrast(np.full((64, 64), 0.3, np.float32), 8.0), 0.5)
    assert made.shape == image.shape
    assert made.dtype == np.float32


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (0.5, 0.0), (0.7, 0.1)])
def test_normalising_undoes_brightness_and_contrast(gain: float, offset: float, synthetic: list[SyntheticScan]) -> None:
    image = synthetic[1].pixels.astype(np.float32) / 255
    head = image > 0.2
    reference, changed = normalise(image), normalise(image * gain + offset * head)
    assert np.corrcoef(reference[head], changed[head])[0, 1] > 0.999
    assert abs(changed[image * gain + offset * head > 0.08].mean()) < 0.05


def test_each_step_can_be_left_out_and_changes_the_networks_input(synthetic: list[SyntheticScan]) -> None:
    cropped = np.ascontiguousarray(synthetic[2].pixels[:256, :256].astype(np.float32) / 255)
    full = enhance_steps(cropped, Recipe())
    for step in ("denoise", "enhance", "normalise"):
        assert not np.allclose(full.network_input, enhance_steps(cropped, Recipe().without(step)).network_input)
    bare = enhance_steps(cropped, replace(Recipe(), denoise=False, enhance=False, normalise=False))
    assert np.allclose(bare.network_input, cropped * 2 - 1)


def test_the_normalised_picture_fills_the_grey_scale() -> None:
    step = np.zeros((4, 4), np.float32)
    shown = Steps(step, step, step, np.linspace(-2, 2, 16, dtype=np.float32).reshape(4, 4)).normalised
    assert shown.min() == 0
    assert shown.max() == 1
