"""Regions cut out of a collection are what the classifier will see at work."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from models.candidates import Candidate
from models.classifiers.crop import CropRecipe, region_box
from models.collections import Record
from models.commands.cut_regions import cut_regions
from models.findings import work_frame
from models.preprocessing import Recipe, prepare
from models.reading import read_scan
from models.synthetic import SyntheticScan, generate_slice
from models.training.classifiers.folders import read_folder
from models.training.classifiers.regions import parts_of
from models.training.config import load_config
from models.training.splitting import split

LABELS = ("glioma", "meningioma", "pituitary")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[SyntheticScan]]:
    """Six synthetic slices with a lesion as a listed collection; fold 0 is every second one."""
    place = tmp_path_factory.mktemp("data")
    (place / "images").mkdir()
    (place / "masks").mkdir()
    made = list(itertools.islice((s for s in map(generate_slice, itertools.count()) if s.lesions), 6))
    rows = []
    for number, scan in enumerate(made):
        cv2.imwrite(str(place / f"images/{number}.png"), scan.pixels)
        cv2.imwrite(str(place / f"masks/{number}.png"), scan.lesions[0].mask.astype(np.uint8) * 255)
        rows.append((f"images/{number}.png", f"masks/{number}.png", number, number % 2, LABELS[number % 3]))
    with (place / "images.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "mask", "group", "fold", "label"), *rows])
    return place, made


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cut_regions, [str(a) for a in arguments])
    return done.exit_code, done.output


def test_the_held_out_fold_is_the_test_and_groups_are_kept(
    collection: tuple[Path, list[SyntheticScan]], tmp_path: Path
) -> None:
    code, said = run("--data", collection[0], "--out", tmp_path / "out", "--size", 64)
    assert code == 0
    assert "3 pictures for training and 3 for testing (fold 0)" in said
    assert "patient data" in said
    folder = read_folder(tmp_path / "out")
    assert folder.classes == LABELS
    assert folder.cut
    assert folder.cut.fold == 0
    assert folder.cut.crop.size == 64
    assert sorted((p.group, str(p.part)) for p in folder.pictures) == [
        (str(group), "train" if group % 2 else "test") for group in range(6)
    ]


def test_nobody_is_trained_on_whom_the_network_is_calibrated_on() -> None:
    records = [
        Record(Path(f"{i}.png"), "brain_t1ce", f"g{i // 2}", i // 2 % 4, True, LABELS[i % 3]) for i in range(480)
    ]
    groups, folds, kinds = zip(*((r.group, r.fold, r.kind) for r in records), strict=True)
    network = split(groups, folds, kinds, 1, load_config("brain-mri").calibration_share)
    parts = parts_of(records, 1)
    assert [i for i, part in enumerate(parts) if part == "validation"] == network.calibration
    assert [i for i, part in enumerate(parts) if part == "test"] == network.test
    assert len(network.calibration) > 20


def test_a_cut_picture_is_what_the_classifier_is_given_of_that_region(
    collection: tuple[Path, list[SyntheticScan]], tmp_path: Path
) -> None:
    run("--data", collection[0], "--out", tmp_path / "out", "--size", 64)
    recipe = json.loads((tmp_path / "out/crop.json").read_text())
    crop = CropRecipe(recipe["size"], recipe["surround"], recipe["least"])
    first = cv2.imread(str(tmp_path / "out/test/glioma/00001.png"), cv2.IMREAD_GRAYSCALE)
    prepared = prepare(read_scan(collection[0] / "images/0.png"), Recipe())
    frame = work_frame(prepared)
    mask = frame.warp(collection[1][0].lesions[0].mask.astype(np.float32)) > 0.5
    candidate = Candidate(mask, 1.0, np.ones(3) / 3, certain=False)
    assert np.array_equal(first, crop.cut(prepared, region_box(candidate.mask, frame)))


def test_a_folder_in_use_and_data_without_types_are_refused(
    collection: tuple[Path, list[SyntheticScan]], tmp_path: Path
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used/old.png").touch()
    code, said = run("--data", collection[0], "--out", tmp_path / "used")
    assert code == 1
    assert "is not empty" in said
    (tmp_path / "nothing").mkdir()
    code, said = run("--data", tmp_path / "nothing", "--out", tmp_path / "out")
    assert code == 1
    assert "holds no collection" in said
