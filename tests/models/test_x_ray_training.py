"""A right breast, its chest wall on the right, from its file through pack, batches, calibration and pipeline."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.analysis import Source
from models.calibration import UNCALIBRATED
from models.collections import Lesion, Record
from models.detector import Detector
from models.engines import HeadOutputs
from models.networks.region_net import HEADS
from models.pipeline import Pipeline
from models.preprocessing import Recipe
from models.reading import MAX_PIXELS
from models.release import Release
from models.report import Kind
from models.synthetic import BreastLesion, SyntheticScan, draw_mammogram, generate_mammogram
from models.training.batches import Sampling, TrainingBatches
from models.training.config import load_config
from models.training.examples import run_examples
from models.training.packed_records import make_pack
from models.training.packed_synthetic import pack_synthetic
from models.training.packing import Pack
from models.training.run import _with_synthetic
from models.training.truth_values import OTHER_TUMOUR, TUMOUR
from models.training.variation import Variation

HEIGHT, WIDTH = 256, 128
TYPES = ("benign lesion", "suspicious lesion")
RECIPE = Recipe(subject="breast", size=HEIGHT, width=WIDTH)


class SeeingTheMask:
    """An engine that finds the tumour where a mask (h, w) has it, in the network's own frame."""

    name, batch = "fixed", 1

    def __init__(self, mask: np.ndarray) -> None:
        self.mask = cv2.resize((mask == TUMOUR).astype(np.float32), (WIDTH // 2, HEIGHT // 2), fx=0, fy=0) > 0.5

    def predict(self, images: np.ndarray) -> HeadOutputs:
        region = np.where(self.mask, 6.0, -8.0)[None]
        return HeadOutputs(region, np.zeros((*region.shape, 2)), np.full(1, 3.0), np.zeros((1, 2)))

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def scan() -> SyntheticScan:
    return next(s for s in map(generate_mammogram, range(40)) if s.side == "R" and len(s.lesions) == 1)


@pytest.fixture(scope="module")
def record(scan: SyntheticScan, tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder, (lesion,) = tmp_path_factory.mktemp("breast"), scan.lesions
    cv2.imwrite(str(folder / "scan.png"), scan.pixels)
    cv2.imwrite(str(folder / "mask.png"), lesion.mask.astype(np.uint8) * 255)
    lesions = (Lesion(lesion.box, lesion.label),)
    return Record(
        folder / "scan.png", "made/lesion", "a", 0, True, lesion.label, folder / "mask.png", lesions, centre_margin=0.0
    )


@pytest.fixture(scope="module")
def pack(record: Record) -> Pack:
    return make_pack([record], RECIPE, HEIGHT)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path, "m", "1", TYPES, 0, RECIPE, UNCALIBRATED, Kind.MAMMOGRAM)


def test_it_is_packed_with_its_chest_wall_on_the_left_and_its_lesion_with_it(scan: SyntheticScan, pack: Pack) -> None:
    (image,), (mask,), (lesion,) = pack.images, pack.masks, scan.lesions
    assert (scan.pixels[:, -40:] > 30).mean() > 2 * (scan.pixels[:, :40] > 30).mean()
    assert (image[:, : WIDTH // 4] > 30).mean() > 2 * (image[:, -WIDTH // 4 :] > 30).mean()
    around = cv2.dilate((mask == TUMOUR).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert image[mask == TUMOUR].mean() > image[around & (mask == 0)].mean()  # the lesion, not its mirror image
    assert not np.array_equal(mask, mask[:, ::-1])
    assert (mask == TUMOUR).sum() > 0.9 * lesion.mask.sum() * (HEIGHT / len(scan.pixels)) ** 2


def test_what_is_seen_mirrored_is_calibrated_and_told_where_it_lies(
    record: Record, pack: Pack, release: Release
) -> None:
    engine = SeeingTheMask(pack.masks[0])
    (example,) = run_examples([record], release, engine)
    region = cv2.resize((example.output.region[0] > 0).astype(np.uint8), (WIDTH, HEIGHT)) > 0
    assert (region & example.truth).sum() > 0.5 * (region | example.truth).sum()
    assert example.field[region].all()
    skin, wall = example.field[:, : WIDTH // 4], example.field[:, -WIDTH // 4 :]
    assert skin.mean() < 0.7 * wall.mean()  # the breast, unmirrored
    with Pipeline([Detector(release, engine)], 1, MAX_PIXELS) as pipeline:
        (analysis,) = pipeline.analyse([Source("m", record.image, Kind.MAMMOGRAM)])
    (finding,) = analysis.report.findings
    (x0, y0, x1, y1), (left, top, right, bottom) = record.lesions[0].box, finding.box
    assert x0 < (left + right) / 2 < x1
    assert y0 < (top + bottom) / 2 < y1


def test_upside_down_and_implanted_it_stays_unmirrored_with_its_targets(pack: Pack) -> None:
    twice = pack.join(pack)
    variation = Variation(upside_down=1, implanted=1, mirrored=0)
    lesion = np.argwhere(pack.masks[0] == TUMOUR).mean(axis=0)
    for epoch in range(4):
        images, made = TrainingBatches(
            twice, [0, 1], TYPES, RECIPE, Sampling({"made/lesion": 0}), (HEIGHT, WIDTH), 2, 7, epoch,
            variation=variation,
        )[0]  # fmt: skip
        assert images.shape == (2, HEIGHT, WIDTH, 1)
        assert images[:, :, : WIDTH // 4].mean() > images[:, :, -WIDTH // 4 :].mean()  # the wall is still on the left
        tumours = made[HEADS.region][..., 0]
        usual = (pack.masks[0] == TUMOUR).sum() / 4
        assert (tumours.sum(axis=(1, 2)) > 1.3 * usual).any()  # one more
        flipped = np.array([HEIGHT - lesion[0], lesion[1]]) / 2
        assert all(np.hypot(*(np.argwhere(t > 0.5) - flipped).T).min() < 16 for t in tumours)
        assert np.array_equal(made[HEADS.pixel_type].sum(-1) > 0, tumours > 0)


def test_of_a_drawn_lesion_the_place_is_a_target_and_its_type_is_none(pack: Pack) -> None:
    drawn, plain = (
        TrainingBatches(
            pack, [0], TYPES, RECIPE, Sampling({"made/lesion": 0}), (HEIGHT, WIDTH), 1, 7, 0,
            variation=Variation(drawn=share, mirrored=0),
        )[0][1]
        for share in (1.0, 0.0)
    )  # fmt: skip
    untyped = (drawn[HEADS.region][..., 0] > 0.5) & (drawn[HEADS.pixel_type].sum(-1) == 0)
    assert untyped.sum() > 10
    assert not ((plain[HEADS.region][..., 0] > 0.5) & (plain[HEADS.pixel_type].sum(-1) == 0)).any()


@pytest.mark.parametrize("kind", ["mammogram", "chest-xray"])
def test_generated_x_rays_are_joined_to_a_pack_of_rectangles_or_none_at_all(kind: str) -> None:
    config = load_config(kind)
    height, width = 192, 192 * config.recipe.shape[1] // config.recipe.shape[0]
    empty = np.zeros((1, height, width), np.uint8)
    pack = Pack(empty, empty, ["p"], ["g"], [0], [False], [None])
    assert _with_synthetic(config, pack, [0]) == (pack, [0])
    config.per_epoch["synthetic"] = 4
    joined, train = _with_synthetic(config, pack, [0])
    assert train == list(range(5))
    assert joined.images.shape == joined.masks.shape == (5, height, width)
    assert {True} < set(joined.tumours)
    for tumour, label, mask in zip(joined.tumours, joined.labels, joined.masks, strict=True):
        assert tumour == (label in config.types) == bool((mask == TUMOUR).any())


def test_a_generated_x_ray_is_labelled_with_its_gravest_lesion(monkeypatch: pytest.MonkeyPatch) -> None:
    both = draw_mammogram(1, (BreastLesion.BENIGN, BreastLesion.SUSPICIOUS))
    assert len(both.lesions) == 2
    monkeypatch.setattr("models.training.packed_synthetic.generate_scan", lambda kind, seed: both)
    made = pack_synthetic(1, RECIPE, 0, HEIGHT, Kind.MAMMOGRAM)
    assert made.labels == ["suspicious lesion"]
    assert set(np.unique(made.masks)) == {0, OTHER_TUMOUR, TUMOUR}
