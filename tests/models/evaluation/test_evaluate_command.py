"""`oncoqueue evaluate` from a listed folder of synthetic slices to the report, and what it says to bad input."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from models.commands.evaluate import evaluate
from models.digests import digests
from models.release import KERAS_FILE, LITERT_FILE, Release
from models.synthetic import SyntheticScan, generate_slice
from models.training.sources import read_sources

LISTED = 10
COLUMNS = ("image", "label", "group", "mask")


@pytest.fixture(scope="session")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """images.csv over synthetic slices, one a patient."""
    folder = tmp_path_factory.mktemp("listed")
    with (folder / "images.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        for seed in range(LISTED):
            rows.writerow(write(folder, seed, generate_slice(seed, size=256)))
    return folder


def write(folder: Path, seed: int, scan: SyntheticScan) -> dict[str, str]:
    cv2.imwrite(str(folder / f"{seed}.png"), np.asarray(scan.pixels))
    row = {"image": f"{seed}.png", "label": "", "group": f"p{seed}", "mask": ""}
    for lesion in scan.lesions:
        cv2.imwrite(str(folder / f"{seed}-mask.png"), lesion.mask.astype(np.uint8) * 255)
        row |= {"label": str(lesion.label), "mask": f"{seed}-mask.png"}
    return row


def run(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, [str(a) for a in arguments])


def test_a_listed_folder_becomes_a_report_that_needs_nothing_else(listed: Path, tmp_path: Path) -> None:
    result = run("brain-mri", "--data", listed, "--out", tmp_path, "--engine", "litert")
    assert result.exit_code == 0, result.output
    values = json.loads((tmp_path / "report.json").read_text())
    [source] = values["evaluation"]["sources"].values()
    assert source["slices"] == LISTED
    assert source["tumours"] == sum(r.tumour for r in read_sources(listed))
    assert source["types"]["accuracy"]["value"] > 0.5
    assert source["presence"]["auc"]["value"] > 0.8
    assert values["evaluation"]["seen"] is False
    page = (tmp_path / "report.html").read_text()
    assert page.count("Research use only") >= 2
    assert "do not publish" in page
    assert page.count(values["evaluation"]["releases"][0]) >= page.count("<h2")
    assert not re.search(r"<script|(?:src|href)=\"(?!data:|#)|@import|url\((?!#)", page)


def test_a_folder_without_collections_says_what_was_looked_for(tmp_path: Path) -> None:
    result = run("--data", tmp_path)
    assert result.exit_code == 1
    assert "holds no collection: neither images.csv nor a folder brain_t1ce" in result.output


def test_a_folder_that_cannot_be_written_is_found_before_the_work_starts(listed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("--data", listed, "--out", tmp_path / "file" / "report")
    assert result.exit_code == 1
    assert "cannot be written to" in result.output


def test_a_release_without_weights_is_named(listed: Path, release: Release, tmp_path: Path) -> None:
    shutil.copy(release.folder / "release.json", tmp_path)
    result = run("--data", listed, "--release", tmp_path)
    assert result.exit_code == 1
    assert "lacks its file network.tflite" in result.output


def test_the_same_held_out_fold_twice_would_count_images_twice(listed: Path, release: Release) -> None:
    result = run("--data", listed, "--release", release.folder, "--release", release.folder)
    assert result.exit_code == 1
    assert "would count twice" in result.output


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nowhere.png,glioma,a,,", "Line 2 of .* cannot be read: there is no file nowhere.png"),
        ("0.png,glioma,a,x,", "Line 2 of .* cannot be read: invalid literal for int"),
    ],
)
def test_a_damaged_line_of_the_list_is_named(listed: Path, tmp_path: Path, line: str, said: str) -> None:
    shutil.copy(listed / "0.png", tmp_path)
    (tmp_path / "images.csv").write_text(f"image,label,group,fold,mask\n{line}\n")
    result = run("--data", tmp_path)
    assert result.exit_code == 1
    assert re.search(said, result.output)


def test_a_fold_that_no_image_has_is_said(listed: Path, tmp_path: Path) -> None:
    shutil.copy(listed / "0.png", tmp_path)
    (tmp_path / "images.csv").write_text("image,label,group,fold\n0.png,,a,2\n")
    result = run("--data", tmp_path)
    assert result.exit_code == 1
    assert "There is no image of fold 0 for brain-mri; --fold chooses another (2, or all)." in result.output


def test_digests_of_the_shipped_weights_are_recorded(release: Release) -> None:
    recorded = json.loads((release.folder / "release.json").read_text())["files"]
    assert recorded == digests(release.folder, (LITERT_FILE, KERAS_FILE))
