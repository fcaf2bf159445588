"""Regions cut out of a collection are what the classifier will see at work."""

from __future__ import annotations

import csv
import itertools
import json
import shutil
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
from models.known_patients import FILE, KnownPatients
from models.preprocessing import Recipe, prepare
from models.reading import read_scan
from models.release import NO_FOLD, Release, load_release
from models.synthetic import SyntheticScan, generate_slice
from models.training.classifiers.folders import read_folder
from models.training.classifiers.parts import TEST, TRAIN, VALIDATION, parts_of, tested_fold
from models.training.made import known_patients
from models.training.packing import Pack
from models.training.splitting import split

LABELS = ("glioma", "meningioma", "pituitary")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[SyntheticScan]]:
    """Twelve synthetic slices with a lesion as a listed collection; fold 0 is every second one."""
    place = tmp_path_factory.mktemp("data")
    (place / "images").mkdir()
    (place / "masks").mkdir()
    made = list(itertools.islice((s for s in map(generate_slice, itertools.count()) if s.lesions), 12))
    rows = []
    for number, scan in enumerate(made):
        cv2.imwrite(str(place / f"images/{number}.png"), scan.pixels)
        cv2.imwrite(str(place / f"masks/{number}.png"), scan.lesions[0].mask.astype(np.uint8) * 255)
        rows.append((f"images/{number}.png", f"masks/{number}.png", number, number % 2, LABELS[number % 3]))
    with (place / "images.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "mask", "group", "fold", "label"), *rows])
    return place, made


@pytest.fixture
def network(release: Release, collection: tuple[Path, list[SyntheticScan]], tmp_path: Path) -> Release:
    """A release that was trained on patients 1, 3 and 5 of the collection, and calibrated on 7, 9 and 11."""
    folder, name = shutil.copytree(release.folder, tmp_path / "network"), collection[0].name
    KnownPatients.of((f"{name}/{i}" for i in (1, 3, 5)), (f"{name}/{i}" for i in (7, 9, 11))).save(folder)
    return load_release("network", tmp_path)


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cut_regions, [str(a) for a in arguments])
    return done.exit_code, done.output


def test_parts_are_what_the_network_notes_and_a_patients_name_is_one_among_all_collections(
    collection: tuple[Path, list[SyntheticScan]], network: Release, tmp_path: Path
) -> None:
    code, said = run("--data", collection[0], "--out", tmp_path / "out", "--size", 64, "--network", network.folder)
    assert code == 0
    assert "6 pictures for training and 6 for testing (fold 0)" in said
    assert "patient data" in said
    folder = read_folder(tmp_path / "out")
    assert folder.classes == LABELS
    assert folder.cut
    assert (folder.cut.fold, folder.cut.crop.size, folder.cut.network) == (0, 64, network.id)
    name = collection[0].name
    parts = {int(p.group.removeprefix(f"{name}/")): str(p.part) for p in folder.pictures}
    assert parts == {i: TEST if i % 2 == 0 else TRAIN if i < 6 else VALIDATION for i in range(12)}


def test_nobody_whom_the_network_knows_is_tested_on_and_nobody_is_trained_on_whom_it_was_calibrated_on(
    network: Release,
) -> None:
    """Whatever else a patient's slices show: the network drew its patients from all of them."""
    KnownPatients.of({"made/trained", "made/moved"}, {"made/kept"}).save(network.folder)
    records = [
        Record(Path(group), "made", group, fold, True, label)
        for group, fold in (("trained", 1), ("moved", 0), ("kept", 1), ("new", 0), ("unseen", 2))
        for label in LABELS[:2]
    ]
    parts = parts_of(records, network)
    assert {r.group: part for r, part in parts.items()} == {
        "trained": TRAIN, "moved": TRAIN, "kept": VALIDATION, "new": TEST, "unseen": TRAIN,
    }  # fmt: skip


def test_the_draw_is_the_networks_though_a_classifier_sees_but_the_typed_slices_of_a_patient(network: Release) -> None:
    """The network draws by all that a patient's slices show; a draw over typed slices alone is another one."""
    records = [
        Record(Path(f"{i}.png"), "made", f"g{i // 3}", i // 3 % 4, tumour, label, Path())
        for i, (tumour, label) in enumerate(
            (i % 3 != 2 or number % 2 == 0, LABELS[number % 3] if i % 3 != 1 or number % 5 else None)
            for number in range(120)
            for i in range(3)
        )
    ]
    pools, groups, folds, tumours, labels = (
        [getattr(r, key) for r in records] for key in ("pool", "group", "fold", "tumour", "label")
    )
    pack = Pack(np.zeros((360, 1, 1)), np.zeros((360, 1, 1)), pools, groups, folds, tumours, labels)
    drawn = split(groups, folds, pack.kinds, tested_fold(network), 0.1)
    known_patients(pack, drawn).save(network.folder)
    parts = parts_of([r for r in records if r.tumour and r.label], network)
    for part, members in ((TRAIN, drawn.train), (VALIDATION, drawn.calibration), (TEST, drawn.test)):
        assert {r.group for r, p in parts.items() if p == part} == {groups[i] for i in members}
    again = split(*zip(*((r.group, r.fold, r.kind) for r in parts), strict=True), tested_fold(network), 0.1)
    assert {list(parts)[i].group for i in again.calibration} != {groups[i] for i in drawn.calibration}


def test_behind_a_network_that_does_not_say_whom_it_knows_nothing_is_cut(
    collection: tuple[Path, list[SyntheticScan]], network: Release, tmp_path: Path
) -> None:
    (network.folder / FILE).unlink()
    code, said = run("--data", collection[0], "--out", tmp_path / "out", "--network", network.folder)
    assert code == 1
    assert "does not say with whose images it was made" in said
    assert not (tmp_path / "out").exists()


def holding_out(fold: int, network: Release) -> Release:
    values = json.loads((network.folder / "release.json").read_text())
    (network.folder / "release.json").write_text(json.dumps({**values, "held_out_fold": fold}))
    return load_release("network", network.folder.parent)


def test_behind_a_network_that_knows_everybody_nothing_is_cut(
    collection: tuple[Path, list[SyntheticScan]], network: Release, tmp_path: Path
) -> None:
    everybody = holding_out(NO_FOLD, network)
    KnownPatients.of((f"{collection[0].name}/{i}" for i in range(12)), []).save(everybody.folder)
    code, said = run("--data", collection[0], "--out", tmp_path / "out", "--network", everybody.folder)
    assert code == 1
    assert "holds out nobody here" in said


@pytest.mark.parametrize(("held_out", "tested"), [(NO_FOLD, 0), (1, 1)])
def test_a_network_without_a_held_out_fold_tests_on_the_first_of_a_collection_that_it_does_not_know(
    collection: tuple[Path, list[SyntheticScan]], network: Release, tmp_path: Path, held_out: int, tested: int
) -> None:
    KnownPatients.of(["elsewhere/1"], ["elsewhere/2"]).save(network.folder)
    behind = holding_out(held_out, network)
    code, said = run("--data", collection[0], "--out", tmp_path / "out", "--size", 64, "--network", behind.folder)
    assert code == 0
    assert f"6 pictures for training and 6 for testing (fold {tested})" in said
    folder = read_folder(tmp_path / "out")
    assert folder.cut
    assert folder.cut.fold == tested
    name = collection[0].name
    tests = {int(p.group.removeprefix(f"{name}/")) for p in folder.pictures if str(p.part) == TEST}
    assert tests == set(range(tested, 12, 2))


def test_a_cut_picture_is_what_the_classifier_is_given_of_that_region_behind_this_network(
    collection: tuple[Path, list[SyntheticScan]], network: Release, tmp_path: Path
) -> None:
    assert network.recipe != Recipe()
    run("--data", collection[0], "--out", tmp_path / "out", "--size", 64, "--network", network.folder)
    recipe = json.loads((tmp_path / "out/crop.json").read_text())
    crop = CropRecipe(recipe["size"], recipe["surround"], recipe["least"])
    first = cv2.imread(str(tmp_path / "out/test/glioma/00001.png"), cv2.IMREAD_GRAYSCALE)
    prepared = prepare(read_scan(collection[0] / "images/0.png"), network.recipe)
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
