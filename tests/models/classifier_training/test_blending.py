"""A classifier is weighed against the network that it works behind, on whom neither learnt from."""

from __future__ import annotations

import csv
import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.classifiers.crop import CropRecipe
from models.classifiers.release import LiteRTRelease, load_litert_release
from models.errors import ReleaseError, TrainingDataError
from models.evaluation.card import render_card
from models.evaluation.card.classifier import classifier_card
from models.known_patients import KnownPatients, load_known_patients
from models.release import Release, load_release
from models.synthetic import generate_slice
from models.training.classifiers import blending
from models.training.classifiers.at_work import measure_again
from models.training.classifiers.beside import Beside
from models.training.classifiers.blending import Opinions, blend_with
from models.training.classifiers.config import load_classifier_config
from models.training.classifiers.folders import Part, read_folder
from models.training.classifiers.regions import cut_regions
from models.training.classifiers.run import train_classifier

TYPES = ("glioma", "meningioma", "pituitary")
SMALL = replace(load_classifier_config("classic"), size=32, epochs=1, filters=(4,), dense=4)


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic slices of three types, four of each type and fold, each a patient of its own: 0 to 23, fold 0 even."""
    place = tmp_path_factory.mktemp("collections")
    found = (s for s in map(generate_slice, itertools.count()) if s.lesions)
    rows = []
    for number, scan in enumerate(itertools.islice(found, 24)):
        cv2.imwrite(str(place / f"{number}.png"), scan.pixels)
        cv2.imwrite(str(place / f"{number}-mask.png"), scan.lesions[0].mask.astype(np.uint8) * 255)
        rows.append((f"{number}.png", f"{number}-mask.png", number, number % 2, TYPES[number // 2 % 3]))
    with (place / "images.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "mask", "group", "fold", "label"), *rows])
    return place


@pytest.fixture(scope="module")
def network(collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The shipped network, as if it had been calibrated on the last patients of fold 1 and trained on its first."""
    place = tmp_path_factory.mktemp("networks")
    folder, name = shutil.copytree(load_release("brain-mri").folder, place / "brain-mri"), collections.name
    known = KnownPatients.of((f"{name}/{i}" for i in range(1, 12, 2)), (f"{name}/{i}" for i in range(13, 24, 2)))
    known.save(folder)
    return load_release("brain-mri", place)


@pytest.fixture(scope="module")
def trained(collections: Path, network: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that was weighed and measured behind the network; its pictures lie beside it in `regions`."""
    place = tmp_path_factory.mktemp("beside")
    cut_regions(collections, place / "regions", 32, network, lambda number, of: None)
    train_classifier(SMALL, place / "regions", None, place / "run", place / "out", Beside(network, collections))
    return place / "out"


def opinion(truth: np.ndarray, right: float, rng: np.random.Generator) -> np.ndarray:
    """Opinions (n, 3) that are for the truth this often, each with a probability of 0.8."""
    labels = np.where(rng.random(len(truth)) < right, truth, (truth + 1) % 3)
    return np.full((len(truth), 3), 0.1) + 0.7 * np.eye(3)[labels]


@pytest.mark.parametrize(("knows", "least", "most"), [(True, 0.3, 1.0), (False, 0.0, 0.1)])
def test_the_network_counts_beside_the_classifier_for_what_it_knows(
    network: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knows: bool, least: float, most: float
) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 3000)
    said, more = opinion(truth if knows else rng.permutation(truth), 0.8, rng), opinion(truth, 0.9, rng)
    monkeypatch.setattr(blending, "_best", lambda *_: list(more))
    monkeypatch.setattr(Opinions, "truth", truth)
    (tmp_path / "network.tflite").write_bytes(b"any")
    release = LiteRTRelease(tmp_path, "a", "1", TYPES, CropRecipe(32), temperature=2.0)
    blended = blend_with(release, Opinions(network, [], said))
    assert least <= blended.own_weight < most
    assert blended.temperature != 2.0
    saved = json.loads((tmp_path / "release.json").read_text())
    assert (saved["own_weight"], saved["certain_from"]) == (blended.own_weight, blended.certain_from)


def test_a_classifier_is_weighed_on_whom_the_network_was_calibrated_on_and_nobody_is_on_two_sides(
    trained: Path, collections: Path
) -> None:
    parts = {p.group: p.part for p in read_folder(trained.parent / "regions").pictures}
    assert {name for name, part in parts.items() if part is Part.VALIDATION} == {
        f"{collections.name}/{i}" for i in range(13, 24, 2)
    }
    known = load_known_patients(trained)
    assert known
    assert {name for name in parts if known.knows(name)} == {n for n, p in parts.items() if p is not Part.TEST}


def test_the_card_tells_the_classifier_by_itself_from_what_it_is_at_work(trained: Path) -> None:
    release, figures = load_litert_release(trained), json.loads((trained / "evaluation.json").read_text())
    assert figures["in_pipeline"]["slices"] == figures["in_pipeline"]["groups"] == 12
    assert release.id in figures["in_pipeline"]["releases"]
    assert figures["in_pipeline"]["with_classifier"]["doubt_share"]
    assert figures["temperature"] != release.temperature
    values = json.loads((trained / "release.json").read_text())
    alone, weighed = (" ".join(classifier_card({**values, "own_weight": w}, figures).split()) for w in (0.0, 0.5))
    assert f"the network's times 0.5, then doubted below {release.certain_from:g}" in weighed
    assert f"By itself, with the temperature {figures['temperature']:g}" in weighed
    assert "weighed against" not in alone


def test_figures_in_the_pipeline_are_renewed_for_the_same_weights_alone(
    trained: Path, network: Release, collections: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    before = json.loads((copy / "evaluation.json").read_text())
    (copy / "evaluation.json").write_text(json.dumps({**before, "in_pipeline": None, "release_digest": "old"}))
    with pytest.raises(ReleaseError, match=r"another release\.json"):
        render_card(copy)
    assert measure_again(copy, Beside(network, collections)).id == before["release"]
    assert json.loads((copy / "evaluation.json").read_text()) == before
    (copy / "evaluation.json").write_text(json.dumps({**before, "release": "other-1"}))
    with pytest.raises(TrainingDataError, match="is of other-1, and the release is classic"):
        measure_again(copy, Beside(network, collections))
    (copy / "evaluation.json").write_text(json.dumps({**before, "fold": 2}))
    with pytest.raises(TrainingDataError, match=r"left out fold 2, brain-mri.* fold 0"):
        measure_again(copy, Beside(network, collections))


def test_what_does_not_fit_a_network_is_refused_before_anything_is_trained(
    collections: Path, network: Release, trained: Path, tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    beside, regions, run = Beside(network, collections), trained.parent / "regions", tmp_path / "run"

    def refused(data: Path, beside: Beside) -> str:
        with pytest.raises(TrainingDataError) as caught:
            train_classifier(SMALL, data, None, run, tmp_path / "out", beside)
        return str(caught.value)

    assert "the classes of" in refused(draw_folder(tmp_path / "own"), beside)
    elsewhere = Path(shutil.copytree(regions, tmp_path / "elsewhere"))
    values = json.loads((elsewhere / "crop.json").read_text())
    (elsewhere / "crop.json").write_text(json.dumps({**values, "network": "another-1"}))
    assert "cut for the network another-1" in refused(elsewhere, beside)
    (elsewhere / "crop.json").unlink()
    assert "says who was left out" in refused(elsewhere, beside)
    strange = Path(shutil.copytree(collections, tmp_path / "strange" / collections.name))
    rows = (strange / "images.csv").read_text().replace("23,1,pituitary", "23,1,cyst")
    (strange / "images.csv").write_text(rows)
    assert "tumours of type 'cyst', which brain-mri" in refused(regions, Beside(network, strange))
    for file in strange.glob("*[0-9].png"):
        cv2.imwrite(str(file), np.zeros((128, 128), np.uint8))
    (strange / "images.csv").write_text(rows.replace("cyst", "pituitary"))
    assert "finds no tumour" in refused(regions, Beside(network, strange))
    assert not run.exists()
