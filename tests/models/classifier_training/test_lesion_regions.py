"""Lesions cut out of mammograms, one by one, behind a network of mammograms."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import TrainingDataError
from models.known_patients import KnownPatients
from models.preprocessing import Recipe
from models.release import Release
from models.report import Kind
from models.training.classifiers import regions
from models.training.classifiers.folders import read_folder
from models.training.classifiers.parts import typed_records

BENIGN, SUSPICIOUS = (80, 90, 12), (100, 190, 16)  # x, y, radius; white, and of a middle grey
COLUMNS = ("image", "finding", "severity", "x", "y", "radius", "patient", "fold", "mm_per_pixel", "mask")


def breast(*circles: tuple[int, int, int]) -> np.ndarray:
    """A film of 320 x 240 pixels with a breast on its left, and a label on its right."""
    pixels = np.full((320, 240), 8, np.uint8)
    cv2.ellipse(pixels, (0, 150), (170, 130), 0, -90, 90, 90, -1)
    cv2.rectangle(pixels, (200, 20), (225, 40), 250, -1)
    for circle in circles:
        cv2.circle(pixels, circle[:2], circle[2], 250 if circle is BENIGN else 130, -1)
    return pixels


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Patient 1 (fold 1) has both lesions in one image, patient 2 (fold 0) as well, patient 3 one without a place."""
    place = tmp_path_factory.mktemp("data") / "mammo_mias"
    place.mkdir()
    for number, circles in enumerate([(BENIGN, SUSPICIOUS), (BENIGN, SUSPICIOUS), (SUSPICIOUS,)], start=1):
        cv2.imwrite(str(place / f"{number}.png"), breast(*circles))
    rows = [
        ("1.png", "CIRC", "B", *BENIGN, 1, 1, 0.2, ""),
        ("1.png", "SPIC", "M", *SUSPICIOUS, 1, 1, 0.2, ""),
        ("2.png", "CIRC", "B", *BENIGN, 2, 0, 0.2, ""),
        ("2.png", "SPIC", "M", *SUSPICIOUS, 2, 0, 0.2, ""),
        ("3.png", "SPIC", "M", "", "", "", 3, 1, 0.2, ""),
    ]
    with (place / "lesions.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return place


@pytest.fixture
def network(release: Release, tmp_path: Path) -> Release:
    folder = shutil.copytree(release.folder, tmp_path / "network")
    KnownPatients.of(["mammo_mias/mias-1"], ["mammo_mias/mias-9"]).save(folder)
    recipe = Recipe(size=192, width=128, subject="breast")
    return replace(
        release, folder=folder, kind=Kind.MAMMOGRAM, recipe=recipe, types=("benign lesion", "suspicious lesion")
    )


def test_each_lesion_is_a_picture_of_its_own_type(collections: Path, network: Release, tmp_path: Path) -> None:
    cut = regions.cut_regions(collections, tmp_path / "out", 64, network, lambda number, of: None)
    assert (cut.train, cut.test, cut.refused) == (2, 2, 0)
    names = {str(f.relative_to(tmp_path / "out")) for f in (tmp_path / "out").rglob("*.png")}
    assert names == {
        f"{part}/{label} lesion/0000{number}.png"
        for part, record in (("train", 1), ("test", 2))
        for label, number in (("benign", f"{record}"), ("suspicious", f"{record}-1"))
    }
    benign, suspicious = (cv2.imread(str(tmp_path / "out" / name), 0).astype(int) for name in sorted(names)[2:])
    assert benign[32, 32] > suspicious[32, 32] + 40 > benign[32, 4] + 80  # each in its middle, on the breast


def test_the_folder_says_of_which_kind_its_pictures_are(collections: Path, network: Release, tmp_path: Path) -> None:
    regions.cut_regions(collections, tmp_path / "out", 64, network, lambda number, of: None)
    mammograms = read_folder(tmp_path / "out").cut
    assert mammograms
    assert mammograms.kind is Kind.MAMMOGRAM
    values = json.loads((tmp_path / "out/crop.json").read_text())
    del values["kind"]
    (tmp_path / "out/crop.json").write_text(json.dumps(values))
    older = read_folder(tmp_path / "out").cut
    assert older
    assert older.kind is Kind.BRAIN_MRI
    assert repr(older) == repr(mammograms)  # by which a run that was begun before knows its pictures again


def test_a_network_is_given_its_own_kind_of_image_or_none(
    collections: Path, release: Release, network: Release
) -> None:
    assert [record.group for record in typed_records(collections.parent, network)] == ["mias-1", "mias-2"]
    with pytest.raises(TrainingDataError, match="holds no collection"):
        typed_records(collections.parent, release)
