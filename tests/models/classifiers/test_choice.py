"""Which classifiers the pipeline takes, and what it says of the others."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from models.classifiers import choice
from models.classifiers.choice import SHIPPED, fits, load_classifier
from models.classifiers.release import LiteRTRelease, load_litert_release
from models.errors import EngineError, ReleaseError
from models.release import WEIGHTS_FOLDER, Release
from models.report import Kind


@dataclass(frozen=True)
class Unread:
    """A classifier whose network nobody looks at."""

    release: LiteRTRelease


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(SHIPPED["classic"], tmp_path / "copy")


def change(folder: Path, **values: object) -> None:
    file = folder / "release.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def test_own_is_no_classifier_and_a_folder_is_as_good_as_a_name(copy: Path, release: Release) -> None:
    assert load_classifier("own", [release]) is None
    by_name, by_folder = load_classifier("classic", [release]), load_classifier(str(copy), [release])
    assert by_name
    assert by_folder
    assert by_name.release.id == by_folder.release.id


def test_the_card_speaks_of_these_very_weights(release: Release) -> None:
    shipped = load_classifier("classic", [release])
    assert shipped
    assert f"`{shipped.release.id}`" in shipped.release.card("brain-mri").text


def test_an_unknown_name_is_refused_with_the_known_ones(release: Release) -> None:
    with pytest.raises(EngineError, match="choose one of own, classic"):
        load_classifier("clasic", [release])


def test_classes_that_are_not_the_types_are_refused(copy: Path, release: Release) -> None:
    change(copy, types=["notumor", "glioma", "pituitary"])
    with pytest.raises(EngineError, match="tells notumor, glioma and pituitary apart, which is neither glioma, "):
        load_classifier(str(copy), [release])


@pytest.mark.parametrize("values", [{"crop": {"size": 96, "surround": 2.0, "least": 0.35}}, {"types": ["a", "b"]}])
def test_a_network_that_does_not_fit_its_release_is_refused_before_any_scan(
    copy: Path, release: Release, values: dict[str, object]
) -> None:
    change(copy, **values)
    with pytest.raises(ReleaseError, match="'classic' does not fit its release's crop or types"):
        load_classifier(str(copy), [release])


def test_types_in_another_order_are_taken(copy: Path, release: Release) -> None:
    change(copy, types=["pituitary", "glioma", "meningioma"])
    assert load_classifier(str(copy), [release])


@pytest.mark.parametrize("kind", Kind)
def test_benign_with_malignant_is_taken_behind_the_networks_of_its_kind_alone(
    copy: Path, release: Release, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    networks = [replace(release, kind=other, types=("a", "b")) for other in Kind]
    change(copy, types=["benign", "malignant"], kind=kind)
    monkeypatch.setattr(choice, "LiteRTClassifier", Unread)  # the copy's network tells three types apart
    classifier = load_classifier(str(copy), networks)
    assert classifier
    assert [network.kind for network in networks if fits(classifier, network)] == [kind]
    with pytest.raises(EngineError, match=f"judges {kind} images; the networks at work read "):
        load_classifier(str(copy), [network for network in networks if network.kind != kind])


def test_the_kind_is_written_down_only_where_it_is_not_what_it_always_was(copy: Path) -> None:
    brain = load_litert_release(copy)
    brain.save()
    assert "kind" not in json.loads((copy / "release.json").read_text())
    replace(brain, kind=Kind.MAMMOGRAM).save()
    assert load_litert_release(copy).kind is Kind.MAMMOGRAM
    change(copy, kind="xray")
    with pytest.raises(ReleaseError, match="damaged"):
        load_litert_release(copy)


def test_a_calibration_of_its_own_is_a_release_of_its_own(copy: Path, release: Release) -> None:
    shipped = load_classifier("classic", [release])
    change(copy, temperature=3.0)
    changed = load_classifier(str(copy), [release])
    assert shipped
    assert changed
    assert changed.release.id != shipped.release.id


def test_damaged_files_are_named(copy: Path, release: Release) -> None:
    (copy / "network.tflite").write_bytes(b"x")
    with pytest.raises(ReleaseError, match=r"network\.tflite"):
        load_classifier(str(copy), [release])
    change(copy, crop={"size": 96, "unknown": 1})
    shutil.copy(SHIPPED["classic"] / "network.tflite", copy)
    with pytest.raises(ReleaseError, match="damaged"):
        load_classifier(str(copy), [release])
    shutil.copy(WEIGHTS_FOLDER / "gate/release.json", copy)
    with pytest.raises(ReleaseError, match="is no classifier; `oncoqueue train classic` makes one"):
        load_classifier(str(copy), [release])
    (copy / "release.json").unlink()
    with pytest.raises(EngineError, match="no classifier"):
        load_classifier(str(copy), [release])
