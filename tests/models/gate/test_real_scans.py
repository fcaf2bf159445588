"""Real scans of packages as pictures of other kinds, and what is made of them; here all volumes are made up."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.report import Kind
from models.synthetic import generate_slice
from models.training.gate.config import GateConfig, load_gate_config
from models.training.gate.folds import Seen, left_out_answers
from models.training.gate.gather import gather
from models.training.gate.made_up.ct_of_mr import ct_of_mr
from models.training.gate.made_up.mr_of_ct import mr_of_ct
from models.training.gate.pictures import AS_CT, OF_CT, Picture, all_pictures, is_made_of_another
from models.training.gate.scans import SERIES, Series
from models.training.gate.volumes import Volume, planes, read_nifti, read_nrrd


@pytest.fixture
def ball() -> np.ndarray:
    """Hounsfield units (80, 80, 40): a ball of soft tissue with a core of bone, in air."""
    x, y, z = np.ogrid[-40:40, -40:40, -20:20]
    apart = np.sqrt(x**2 + y**2 + (2 * z) ** 2)
    return np.where(apart < 12, 900, np.where(apart < 30, 45, -1000)).astype("<i2")


@pytest.fixture
def nifti(tmp_path: Path, ball: np.ndarray) -> Path:
    header = bytearray(352)
    header[40:48] = np.array((3, *ball.shape), "<i2").tobytes()
    header[70:72] = np.array(4, "<i2").tobytes()
    header[76:92] = np.array((1, 1, 1, 2), "<f4").tobytes()
    path = tmp_path / "ball.nii.gz"
    path.write_bytes(gzip.compress(bytes(header) + ball.tobytes(order="F")))
    return path


def test_a_volume_is_the_same_from_nifti_and_nrrd(nifti: Path, ball: np.ndarray, tmp_path: Path) -> None:
    fields = "NRRD0004\ntype: short\nsizes: 80 80 40\nspace directions: (1,0,0) (0,-1,0) (0,0,2)\nencoding: gzip\n\n"
    (tmp_path / "ball.nrrd").write_bytes(fields.encode() + gzip.compress(ball.tobytes(order="F")))
    for volume in (read_nifti(nifti), read_nrrd(tmp_path / "ball.nrrd")):
        assert np.array_equal(volume.values, ball)
        assert volume.spacing == (1, 1, 2)


def test_slices_have_square_pixels_and_a_thin_slab_only_its_face(ball: np.ndarray) -> None:
    assert {p.shape for p in planes(Volume(ball.repeat(2, axis=2), (1, 1, 1)), 20)} == {(80, 80)}
    assert {p.shape for p in planes(Volume(np.zeros((64, 64, 64)), (1, 1, 2)), 30)} == {(128, 64), (64, 64)}
    assert {p.shape for p in planes(Volume(ball, (1, 1, 2)), 10)} == {(80, 80)}


def test_every_slice_of_a_ct_is_shown_in_windows_by_turns(nifti: Path) -> None:
    series = Series("ct/any", "person", nifti.name, 4, ((40, 80), (500, 2000)), 2)
    soft, bone = list(series.pictures(nifti.parent))[4:6]
    assert (soft[40, 40], soft[40, 60]) == (255, pytest.approx(143, abs=2))
    assert (bone[40, 40], bone[40, 60]) == (pytest.approx(178, abs=2), pytest.approx(69, abs=2))


def test_gathering_names_people_and_goes_on_without_a_package(
    nifti: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, missing = Series("ct/any", "person", nifti.name, 8, ((40, 80),)), Series("ct/none", "nobody", "none/*.nii")
    monkeypatch.setattr("models.training.gate.gather.SERIES", (there, missing))
    gather(tmp_path, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out" / "ct" / "any").iterdir())[0] == "person_00000.png"
    assert not list((tmp_path / "out" / "ct" / "none").iterdir())


def test_one_persons_pictures_are_one_group(tmp_path: Path) -> None:
    data, others = brains(tmp_path), tmp_path / "others" / "ct" / "any"
    others.mkdir(parents=True)
    for name in ("a_00000", "a_00001", "b_00000"):
        cv2.imwrite(str(others / f"{name}.png"), np.eye(64, dtype=np.uint8) * 255)
    found = [p for p in all_pictures(small(), data, tmp_path / "others") if p.source == "ct/any"]
    assert {p.group for p in found} == {"ct/any/a", "ct/any/b"}
    assert len({(p.group, p.fold) for p in found}) == 2


def test_ct_of_an_mr_slice_has_a_closed_bright_skull_and_a_flat_brain() -> None:
    image = np.asarray(generate_slice(1, size=192).pixels, np.float32) / 255
    for seed in range(6):
        made = ct_of_mr(image, np.random.default_rng(seed))
        row = made[96]
        assert made.shape == image.shape
        assert made.min() >= 0
        assert made.max() <= 1
        assert row[80:112].std() < row.std()
        assert made[:4, :4].max() < 0.2


def test_mr_of_a_ct_keeps_the_outline_and_darkens_hard_bone(ball: np.ndarray) -> None:
    values = ball[:, :, 20].astype(np.float32)
    for seed in range(6):
        made = mr_of_ct(np.where(values == 900, 1400, values), np.random.default_rng(seed))
        assert made.dtype == np.uint8
        assert made[:8, :8].mean() < made[40, 56:66].mean()
        assert made[40, 36:44].mean() < made[40, 56:66].mean()


def test_what_was_made_of_a_left_out_scan_is_left_out_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def pictures(kind: str, source: str, group: str) -> list[Picture]:
        return [Picture(kind, source, group, 1, n, 0) for n in range(4)]

    every = [
        *pictures(Kind.BRAIN_MRI, "brain_lgg", "p1"),
        *pictures("ct", f"brain_lgg{AS_CT}", "p1"),
        *pictures("ct", "ct/head", "ct/head/h1"),
        *pictures("body-part", OF_CT, f"{OF_CT}/h1"),
        *pictures("photograph", "photograph/any", "photograph/any/0"),
    ]
    learnt: list[set[str]] = []

    def remember(_features: np.ndarray, kinds: list[str], _config: GateConfig) -> None:
        learnt.append(set(kinds))

    monkeypatch.setattr("models.training.gate.folds.fit_head", remember)
    monkeypatch.setattr("models.training.gate.folds.ask", lambda _head, seen: seen)
    answers = left_out_answers(Seen(every, np.zeros((len(every), 2))), small())
    judged = dict(zip(answers, learnt, strict=True))
    assert judged["brain_lgg"] == {"ct", "body-part", "photograph"}
    assert judged["ct/head"] == {Kind.BRAIN_MRI, "ct", "photograph"}
    assert not any(is_made_of_another(p) for seen in answers.values() for p in seen.pictures)


def test_the_config_says_of_each_real_scan_whether_it_trains_or_tests() -> None:
    config = load_gate_config()
    real = {s.source for s in SERIES if s.source.startswith(("ct/", "body-part/"))}
    unseen = {s for s in real if config.is_unseen(*s.split("/"))}
    assert unseen | set(config.train_only) == real
    assert unseen.isdisjoint(config.train_only)


def brains(tmp_path: Path) -> Path:
    """A data folder with one synthetic slice as brain_br35h."""
    folder = tmp_path / "data" / "brain_br35h"
    (folder / "none").mkdir(parents=True)
    (folder / "images.csv").write_text("image,group,fold,label,x0,y0,x1,y1\nnone/0.png,0,1,none,,,,\n")
    cv2.imwrite(str(folder / "none" / "0.png"), np.asarray(generate_slice(0, size=96).pixels))
    return tmp_path / "data"


def small() -> GateConfig:
    return replace(load_gate_config(), drawn=0, train_only=())
