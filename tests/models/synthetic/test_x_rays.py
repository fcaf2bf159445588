"""Synthetic mammograms and chest X-rays: drawn by seed, with lesions where they are said to be, known to the gate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from models.gate import load_gate
from models.gate.gate import Gate
from models.presets import PRESETS
from models.reading import Scan
from models.synthetic import (
    BreastLesion,
    ChestLesion,
    SyntheticScan,
    draw_chest,
    draw_mammogram,
    generate_chest,
    generate_mammogram,
)

GENERATORS = [generate_mammogram, generate_chest]
Generator = Callable[..., SyntheticScan]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return load_gate()


@cache
def scans_of(generate: Generator) -> list[SyntheticScan]:
    return [generate(seed) for seed in range(24)]


def with_lesion(label: BreastLesion | ChestLesion, seed: int) -> SyntheticScan:
    return draw_mammogram(seed, (label,)) if isinstance(label, BreastLesion) else draw_chest(seed, (label,))


def tissue_around(scan: SyntheticScan) -> tuple[float, float]:
    """Mean grey of the first lesion's core, and of a ring around its box."""
    found = scan.lesions[0]
    x0, y0, x1, y1 = found.box
    margin = (x1 - x0) // 2
    ring = np.zeros(scan.pixels.shape, bool)
    ring[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin] = True
    ring[y0:y1, x0:x1] = False
    return float(scan.pixels[found.mask].mean()), float(scan.pixels[ring].mean())


@pytest.mark.parametrize("generate", GENERATORS)
def test_the_same_seed_gives_the_same_picture(generate: Generator) -> None:
    first, other = scans_of(generate)[7:9]
    np.testing.assert_array_equal(generate(7).pixels, first.pixels)
    assert first.pixels.shape != other.pixels.shape or (first.pixels != other.pixels).mean() > 0.2


@pytest.mark.parametrize("label", [*BreastLesion, *ChestLesion])
def test_a_lesion_fills_its_box_and_is_brighter_than_what_is_around_it(label: BreastLesion | ChestLesion) -> None:
    brighter = defaultdict(list)
    for seed in range(12):
        scan = with_lesion(label, seed)
        (found,) = scan.lesions
        rows, columns = np.nonzero(found.mask)
        assert found.label == label
        assert found.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        core, around = tissue_around(scan)
        brighter[scan.side].append(core - around)
    assert all(np.mean(found) > 5 for found in brighter.values())


@pytest.mark.parametrize("draw", [draw_mammogram, draw_chest])
def test_a_healthy_picture_has_no_lesion(draw: Generator) -> None:
    assert draw(1).lesions == ()


@pytest.mark.parametrize("generate", GENERATORS)
def test_lesions_have_the_size_of_real_ones(generate: Generator) -> None:
    scans = scans_of(generate)
    longest = [
        max(x1 - x0, y1 - y0) * scan.spacing_mm[0] for scan in scans for x0, y0, x1, y1 in (t.box for t in scan.lesions)
    ]
    assert 15 < len(longest) < 50
    assert 4 < min(longest) < 12
    assert 18 < max(longest) < 38
    assert {t.label for scan in scans for t in scan.lesions} == set(PRESETS[scans[0].kind].malignant_share)
    assert not all(scan.lesions for scan in scans)


def test_no_opacity_lies_on_another() -> None:
    for seed in range(6):
        scan = draw_chest(seed, (ChestLesion.INDETERMINATE,) * 5)
        assert len(scan.lesions) > 1
        assert np.sum([t.mask for t in scan.lesions], axis=0).max() == 1


def test_the_chest_wall_lies_on_the_side_that_the_breast_is_named_for() -> None:
    scans = [draw_mammogram(seed, height=512) for seed in range(12)]
    assert {scan.side for scan in scans} == {"L", "R"}
    for scan in scans:
        third = scan.pixels.shape[1] // 3
        left, right = (np.median(part) for part in (scan.pixels[100:350, :third], scan.pixels[100:350, -third:]))
        assert scan.side == ("L" if left > right else "R")


@pytest.mark.parametrize(("bits", "dtype", "least"), [(8, np.uint8, 200), (16, np.uint16, 3000)])
@pytest.mark.parametrize("generate", GENERATORS)
def test_the_pixels_have_the_depth_asked_for(generate: Generator, bits: int, dtype: type, least: int) -> None:
    pixels = generate(4, bits=bits).pixels
    assert pixels.dtype == dtype
    assert pixels.max() > least


@pytest.mark.parametrize("generate", GENERATORS)
def test_a_picture_is_marked_on_black_in_its_lower_right_corner(generate: Generator) -> None:
    for pixels in (scan.pixels for scan in scans_of(generate)):
        corner = pixels[-3 * (len(pixels) // 64) :, -len(pixels) // 8 :]
        assert 100 < corner.max() <= 145
        assert np.median(corner) < 15


def test_an_image_of_each_size_is_of_that_size() -> None:
    assert draw_mammogram(1, height=512).pixels.shape[0] == 512
    assert draw_chest(1, width=384).pixels.shape[1] == 384


@pytest.mark.parametrize("generate", GENERATORS)
def test_the_gate_takes_a_picture_for_what_it_is_made_as(generate: Generator, gate: Gate) -> None:
    known = []
    for made in scans_of(generate)[:12]:
        look = gate.look(Scan(made.pixels.astype(np.float32) / 255, 1, None, None, None, 0.0, "PNG", None))
        limits = gate.release.limits
        known.append(look.likeliest == made.kind and look.distance <= limits.farthest)
    assert sum(known) >= 11


@pytest.mark.parametrize(
    ("generate", "middle", "bright"),
    [(generate_mammogram, (90, 190), (150, 235)), (generate_chest, (95, 160), (215, 245))],
)
def test_grey_values_are_spread_as_in_real_pictures(
    generate: Generator, middle: tuple[int, int], bright: tuple[int, int]
) -> None:
    spread = [np.quantile(p[p > 20], (0.5, 0.95)) for p in (scan.pixels for scan in scans_of(generate))]
    median, high = np.median(spread, axis=0)
    assert middle[0] < median < middle[1]
    assert bright[0] < high < bright[1]
