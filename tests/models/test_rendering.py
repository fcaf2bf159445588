"""Pictures for readers: sizes, marks, and that nothing is drawn where nothing was found."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from models.measurement import measure
from models.preprocessing import Recipe, prepare
from models.reading import Scan
from models.rendering import (
    LABEL_COLOURS,
    render_heatmap,
    render_mask,
    render_original,
    render_overlay,
    render_thumbnail,
)
from models.rendering.labels import place_label
from models.rendering.steps import PANEL_SIDE, render_step_strip
from models.report import Finding, Malignancy, ModelInfo

Array = np.ndarray
MODEL = ModelInfo("brain-mri", "0.1.0")


def _scan(height: int = 512, width: int = 512, grey: float = 0.4) -> Scan:
    noise = np.random.default_rng(0).normal(grey, 0.02, (height, width))
    return Scan(np.clip(noise, 0, 1).astype(np.float32), 1, None, None, None, 0.0, "PNG")


def _finding(x: int, y: int, r: int, label: str = "glioma", certain: bool = True, reported: bool = True) -> Finding:
    mask = np.zeros((y + r + 1, x + r + 1), bool)
    mask[y - r :, x - r :] = True
    return Finding(
        box=(x - r, y - r, x + r + 1, y + r + 1),
        score=0.9,
        reported=reported,
        label=label,
        probabilities={label: 0.93},
        certain=certain,
        malignancy=Malignancy("malignant", 0.9),
        measurements=measure(mask, None),
        contour=((x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)),
    )


def _decoded(png: bytes) -> Array:
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        assert image.format == "PNG"
        return np.asarray(image)


def _near(picture: Array, colour: tuple[int, int, int]) -> Array:
    return np.asarray(np.abs(picture.astype(int) - colour).max(axis=-1) < 25)


@pytest.mark.parametrize(
    ("stored", "picture"),
    [((512, 512), (512, 512)), ((3000, 1500), (1024, 512)), ((40, 64), (320, 512)), ((700, 600), (700, 600))],
)
def test_pictures_are_between_512_and_1024_pixels_long(stored: tuple[int, int], picture: tuple[int, int]) -> None:
    scan = _scan(*stored)
    assert _decoded(render_original(scan)).shape == picture
    assert _decoded(render_overlay(scan, [], MODEL)).shape == (*picture, 3)
    assert _decoded(render_heatmap(scan, np.zeros(stored, np.float32), MODEL)).shape == (*picture, 3)


def test_the_original_shows_the_pixels_unchanged() -> None:
    scan = _scan()
    np.testing.assert_allclose(_decoded(render_original(scan)) / 255, scan.pixels, atol=0.5 / 255 + 1e-6)


def test_the_mask_is_of_the_stored_size_and_fills_the_contour() -> None:
    mask = _decoded(render_mask(_scan(60, 90), [_finding(40, 30, 10)]))
    expected = np.zeros((60, 90), np.uint8)
    expected[20:41, 30:51] = 255
    np.testing.assert_array_equal(mask, expected)


def test_what_is_not_reported_is_not_shown() -> None:
    scan, hidden = _scan(), _finding(256, 256, 40, reported=False)
    assert render_overlay(scan, [hidden], MODEL) == render_overlay(scan, [], MODEL)
    assert not _decoded(render_mask(scan, [hidden])).any()


def test_the_overlay_draws_the_outline_in_the_colour_of_the_type() -> None:
    picture = _decoded(render_overlay(_scan(), [_finding(256, 300, 60, "meningioma")], MODEL))
    outline = _near(picture, LABEL_COLOURS["meningioma"])
    assert outline[355:365, 220:290].any(axis=0).mean() > 0.95
    assert not _near(picture, LABEL_COLOURS["glioma"]).any()


def test_a_doubtful_finding_is_dashed() -> None:
    def share(certain: bool) -> float:
        picture = _decoded(render_overlay(_scan(), [_finding(256, 300, 60, certain=certain)], MODEL))
        return float(_near(picture, LABEL_COLOURS["glioma"])[355:365, 220:290].any(axis=0).mean())

    assert share(certain=True) > 0.95
    assert 0.3 < share(certain=False) < 0.8


@pytest.mark.parametrize(
    ("stored", "picture"), [((512, 512), (192, 192)), ((3000, 1500), (192, 96)), ((40, 64), (120, 192))]
)
def test_a_thumbnail_is_192_pixels_long_whatever_the_scan(stored: tuple[int, int], picture: tuple[int, int]) -> None:
    assert _decoded(render_thumbnail(_scan(*stored), [])).shape == (*picture, 3)


def test_an_outline_still_shows_when_a_thumbnail_is_halved() -> None:
    picture = _decoded(render_thumbnail(_scan(), [_finding(256, 256, 40)]))
    half = picture.reshape(96, 2, 96, 2, 3).mean(axis=(1, 3))
    assert _near(half, LABEL_COLOURS["glioma"])[40:56, 30:48].any(axis=1).mean() > 0.9


def test_a_thumbnail_shows_doubt_as_dashes_and_nothing_unreported() -> None:
    def share(certain: bool) -> float:
        picture = _decoded(render_thumbnail(_scan(), [_finding(256, 256, 120, certain=certain)]))
        return float(_near(picture, LABEL_COLOURS["glioma"])[138:144, 65:127].any(axis=0).mean())

    assert share(certain=True) > 0.95
    assert 0.3 < share(certain=False) < 0.85
    hidden = _finding(256, 256, 120, reported=False)
    assert render_thumbnail(_scan(), [hidden]) == render_thumbnail(_scan(), [])


@pytest.mark.parametrize("shape", [(512, 512), (300, 600)])
def test_the_steps_stand_side_by_side_below_their_names(shape: tuple[int, int]) -> None:
    prepared = prepare(_scan(*shape), Recipe())
    strip = _decoded(render_step_strip(prepared))
    columns = [strip[:, left : left + PANEL_SIDE] for left in range(0, strip.shape[1], PANEL_SIDE + 8)]
    assert [column.shape[1] for column in columns] == [PANEL_SIDE] * 5
    assert all((column[:-PANEL_SIDE] > 200).sum() > 30 for column in columns)
    means = [float(column[-PANEL_SIDE:].mean()) for column in columns[2:]]
    steps = prepared.steps
    wanted = [255 * float(image.mean()) for image in (steps.denoised, steps.enhanced, steps.normalised)]
    np.testing.assert_allclose(means, wanted, atol=1.5)


@pytest.mark.parametrize("grey", [0.05, 0.95])
def test_a_label_has_contrast_on_dark_and_on_bright(grey: float) -> None:
    scan = _scan(grey=grey)
    picture = _decoded(render_overlay(scan, [_finding(256, 300, 60)], MODEL)).astype(int)
    label = picture[215:238, 200:312]
    assert (label.min(axis=-1) > 200).sum() > 100
    plate = np.median(label.reshape(-1, 3), axis=0)
    assert plate.max() < 80


def test_two_labels_do_not_cover_each_other() -> None:
    square = np.array([[100.0, 100], [140, 100], [140, 140], [100, 140]])
    first = place_label(square, (20, 90), (512, 512), [])
    second = place_label(square + np.array([10, 0]), (20, 90), (512, 512), [first])
    assert second[1] >= first[3] or second[3] <= first[1] or second[0] >= first[2] or second[2] <= first[0]


@pytest.mark.parametrize(("x", "y"), [(4, 4), (58, 58), (30, 4)])
def test_a_finding_at_the_edge_of_a_small_image_keeps_its_label_inside(x: int, y: int) -> None:
    outline = np.array([[x - 4, y - 4], [x + 4, y - 4], [x + 4, y + 4], [x - 4, y + 4]], float) * 8
    x0, y0, x1, y1 = place_label(outline, (24, 120), (512, 512), [])
    assert x0 >= 0
    assert y0 >= 0
    assert x1 <= 512
    assert y1 <= 512
    assert _decoded(render_overlay(_scan(64, 64), [_finding(x, y, 4)], MODEL)).shape == (512, 512, 3)


def test_the_heat_map_leaves_grey_what_is_improbable() -> None:
    scan = _scan()
    probability = np.zeros((512, 512), np.float32)
    probability[200:260, 200:260] = 0.9
    picture = _decoded(render_heatmap(scan, probability, MODEL)).astype(int)
    colourful = np.ptp(picture, axis=-1) > 40
    assert colourful[205:255, 205:255].all()
    assert not colourful[300:400, 100:400].any()


def test_every_marked_picture_says_research_use_only() -> None:
    scan = _scan(grey=0.9)
    for png in (render_overlay(scan, [], MODEL), render_heatmap(scan, np.zeros((512, 512), np.float32), MODEL)):
        strip = _decoded(png)[-18:, :60].max(axis=-1)
        assert np.median(strip) < 90
        assert (strip > 200).any()
