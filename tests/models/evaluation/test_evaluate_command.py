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

from models.collections import patient_of, read_sources
from models.commands.evaluate import evaluate
from models.digests import digests
from models.known_patients import KnownPatients
from models.release import KERAS_FILE, LITERT_FILE, Release
from models.synthetic import SyntheticScan, generate_slice

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


def test_images_that_training_knew_are_said_to_flatter_and_what_the_gate_knew_is_said(
    listed: Path, release: Release, tmp_path: Path
) -> None:
    data = tmp_path / "brain_lgg"  # of our collections the gate knows all folds but one
    for part in ("flair", "masks"):
        (data / part).mkdir(parents=True)
    rows = ["flair,post,mask,patient,fold,has_lesion"]
    for number in range(3):
        shutil.copy(listed / f"{number}.png", data / f"flair/{number}.png")
        rows.append(f"flair/{number}.png,,,p{number},1,0")
    (data / "slices.csv").write_text("\n".join(rows) + "\n")
    folder = Path(shutil.copytree(release.folder, tmp_path / "mine"))
    KnownPatients.of({"brain_lgg/lgg-p0"}, {"brain_lgg/lgg-p1"}).save(folder)
    for options, slices, seen in (((), 1, False), (("--fold", "all"), 3, True)):
        out = tmp_path / f"out{slices}"
        result = run("--release", folder, "--data", data, "--out", out, "--engine", "litert", *options)
        assert result.exit_code == 0, result.output
        evaluation = json.loads((out / "report.json").read_text())["evaluation"]
        assert evaluation["sources"]["brain_lgg"]["slices"] == slices
        assert (evaluation["seen"], evaluation["gate_seen"]) == (seen, True)
        assert ("figures flatter" in " ".join(result.output.split())) is seen
        assert "The gate was trained on some of these images" in (out / "report.html").read_text()


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
        ("0.png,glioma,a,-1,", "Line 2 of .* its fold is -1"),
        ("0.png", "Line 2 of .* cannot be read: it has no column group"),
        ("0.png,glioma,,,", "Line 2 of .* it names no group"),
        ("0.png,glioma,a,0,\n0.png,glioma,a,1,", "Images of group a name different folds"),
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
    result = run("--data", tmp_path, "--fold", "0")
    assert result.exit_code == 1
    assert "There is no image of fold 0; --fold can be 2, all, or be left out." in result.output


def test_digests_of_the_shipped_weights_are_recorded(release: Release) -> None:
    recorded = json.loads((release.folder / "release.json").read_text())["files"]
    assert recorded == digests(release.folder, (LITERT_FILE, KERAS_FILE))


def listing(folder: Path, *lines: str) -> Path:
    (folder / "images.csv").write_text("\n".join(("image,label,group,mask,x0,y0,x1,y1", *lines)) + "\n")
    return folder


def test_a_tumour_whose_file_cannot_be_read_counts_as_missed(listed: Path, tmp_path: Path) -> None:
    for name in ("boxed.png", "outlined.png"):
        (tmp_path / name).write_text("no image")
    cv2.imwrite(str(tmp_path / "mask.png"), np.pad(np.full((20, 20), 255, np.uint8), 30))
    shutil.copy(listed / "0.png", tmp_path)
    folder = listing(
        tmp_path, "boxed.png,glioma,a,,10,10,40,40", "outlined.png,meningioma,b,mask.png,,,,", "0.png,,c,,,,,"
    )
    result = run("--data", folder, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    [source] = report["evaluation"]["sources"].values()
    assert source["refused_tumours"] == 2
    assert source["outlines"]["mean"]["value"] == 0
    assert source["presence"]["sensitivity"]["value"] == 0
    assert source["detection"]["precision"]["at_50"]["value"] == 0
    assert {case["image"].rpartition("/")[2] for case in report["worst"]} >= {"boxed.png", "outlined.png"}


def test_a_mask_of_another_size_than_its_image_is_named(listed: Path, tmp_path: Path) -> None:
    shutil.copy(listed / "0.png", tmp_path)
    cv2.imwrite(str(tmp_path / "mask.png"), np.full((80, 90), 255, np.uint8))
    result = run("--data", listing(tmp_path, "0.png,glioma,a,mask.png,,,,"))
    assert result.exit_code == 1
    assert "is not of its image's size: 90 x 80 pixels and 256 x 256 pixels" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0.png,glioma,a,,30,10,20,40", r"its box \(30, 10, 20, 40\) is empty or outside"),
        ("0.png,,a,,10,10,20,40", "it has a box but no label"),
        ("0.png,glioma,a,,10,,20,40", "its box has no y0"),
        ("0.png,glioma,a,,300,10,340,40", r"The box \(300, 10, 340, 40\) of .* lies outside of the image, 256 x 256"),
    ],
)
def test_a_box_that_is_none_is_named(listed: Path, tmp_path: Path, line: str, said: str) -> None:
    shutil.copy(listed / "0.png", tmp_path)
    result = run("--data", listing(tmp_path, line))
    assert result.exit_code == 1
    assert re.search(said, " ".join(result.output.split()))


def test_tumours_of_types_that_the_model_does_not_know_are_counted_and_labels_that_it_knows_none_of_are_refused(
    listed: Path, tmp_path: Path
) -> None:
    for number in range(4):
        shutil.copy(listed / f"{number}.png", tmp_path)
    boxes = ",,30,30,90,90"
    known = [f"{i}.png,{label},p{i}{boxes}" for i, label in enumerate(("glioma", "meningioma"))]
    result = run(
        "--data", listing(tmp_path, *known, f"2.png,metastasis,p2{boxes}", f"3.png,metastasis,p3{boxes}"),
        "--out", tmp_path / "out", "--engine", "litert",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    [source] = json.loads((tmp_path / "out/report.json").read_text())["evaluation"]["sources"].values()
    assert source["unknown_types"] == {"metastasis": 2}
    assert source["types"]["accuracy"]["count"] == 2
    assert "2 metastasis" in (tmp_path / "out/report.html").read_text()
    assert "2 metastasis" in result.output
    result = run("--data", listing(tmp_path, f"0.png,Glioma,p0{boxes}", f"1.png,tumour,p1{boxes}"))
    assert result.exit_code == 1
    assert "labelled Glioma, of which the model knows none: it says glioma, meningioma, pituitary" in " ".join(
        result.output.split()
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ablation", "--classifier", "classic"), "one release without a second stage"),
        (("--into", "nowhere", "--classifier", "classic"), "figures without a second stage"),
        (("--into", "nowhere"), "nowhere holds no evaluation"),
    ],
)
def test_what_cannot_be_done_with_the_figures_is_said_before_they_are_made(
    listed: Path, options: tuple[str, ...], said: str
) -> None:
    result = run("--data", listed, *options)
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert f"{LISTED} images" not in result.output


def test_an_ablation_over_one_type_alone_is_refused_before_the_work(listed: Path, tmp_path: Path) -> None:
    shutil.copy(listed / "0.png", tmp_path)
    result = run("--data", listing(tmp_path, "0.png,glioma,a,,10,10,40,40"), "--ablation")
    assert result.exit_code == 1
    assert "needs images of a collection with several types" in " ".join(result.output.split())
    assert "1 images" not in result.output


def test_releases_of_two_models_are_not_pooled(listed: Path, release: Release, tmp_path: Path) -> None:
    for name, knows in (("other", "a"), ("one", "b")):
        shutil.copytree(release.folder, tmp_path / name)
        KnownPatients.of([patient_of(tmp_path.name, knows)], []).save(tmp_path / name)
    values = json.loads((tmp_path / "other" / "release.json").read_text())
    (tmp_path / "other" / "release.json").write_text(json.dumps({**values, "version": "9", "held_out_fold": 1}))
    for fold in (0, 1):
        shutil.copy(listed / f"{fold}.png", tmp_path)
    (tmp_path / "images.csv").write_text("image,label,group,fold\n0.png,,a,0\n1.png,,b,1\n")
    result = run("--data", tmp_path, "--release", tmp_path / "one", "--release", tmp_path / "other")
    assert result.exit_code == 1
    assert "not of one model" in result.output
