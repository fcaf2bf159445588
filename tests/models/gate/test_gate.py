"""The shipped gate on synthetic scans and on drawn pictures of other kinds; no patient's image is here."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import ReleaseError, ScanRejectedError
from models.gate import Gate, load_gate
from models.gate.release import GATE_FOLDER, load_gate_release
from models.reading import Scan
from models.report import Kind
from models.synthetic import SyntheticScan
from models.training.gate.made_up import DRAWERS


@pytest.fixture(scope="module")
def gate() -> Gate:
    return load_gate()


def scan_of(pixels: np.ndarray, kind: Kind | None = None, orientation: int = 1) -> Scan:
    return Scan(np.asarray(pixels, np.float32) / 255, orientation, None, None, kind, 0.0, "PNG")


def test_synthetic_slices_pass_as_brain_mri_however_they_are_turned(gate: Gate, synthetic: list[SyntheticScan]) -> None:
    for number, scan in enumerate(synthetic):
        turned = scan_of(scan.pixels, orientation=1 + number % 8)
        assert gate.choose_kind(turned, None) is Kind.BRAIN_MRI


@pytest.mark.parametrize("name", DRAWERS)
def test_drawn_pictures_of_other_kinds_are_refused(gate: Gate, name: str) -> None:
    refused = 0
    for seed in range(1000, 1012):
        pixels = DRAWERS[name][1](np.random.default_rng(seed))
        try:
            gate.choose_kind(scan_of(pixels), None)
        except ScanRejectedError:
            refused += 1
    assert refused >= 11


def test_the_picture_is_judged_as_displayed(gate: Gate, synthetic: list[SyntheticScan]) -> None:
    pixels = synthetic[0].pixels
    upright, turned = gate.look(scan_of(pixels)), gate.look(scan_of(np.rot90(pixels), orientation=6))
    assert upright.probabilities == pytest.approx(turned.probabilities, abs=1e-4)


def test_a_header_is_overruled_by_pixels_that_surely_show_something_else(gate: Gate) -> None:
    page = DRAWERS["page"][1](np.random.default_rng(0))
    with pytest.raises(ScanRejectedError, match="said to be a brain MRI, but"):
        gate.choose_kind(scan_of(page, Kind.BRAIN_MRI), None)


def test_a_kind_without_a_model_is_refused_and_told(gate: Gate, synthetic: list[SyntheticScan]) -> None:
    unsure = replace(gate.release.limits, sure_below=0.0)
    believing = load_gate()
    believing.release = replace(gate.release, limits=unsure)
    with pytest.raises(ScanRejectedError, match="no model") as caught:
        believing.choose_kind(scan_of(synthetic[0].pixels), Kind.MAMMOGRAM, readable={Kind.BRAIN_MRI})
    assert caught.value.kind is Kind.MAMMOGRAM


def test_a_release_with_another_head_or_other_classes_is_not_loaded(tmp_path: Path) -> None:
    folder = shutil.copytree(GATE_FOLDER, tmp_path / "gate")
    head = folder / "head.npz"
    head.write_bytes(head.read_bytes()[:-1] + b"\x00\x01")
    with pytest.raises(ReleaseError, match=r"head\.npz is not the file"):
        load_gate_release(folder)
    shutil.copy(GATE_FOLDER / "head.npz", head)
    values = json.loads((folder / "release.json").read_text())
    (folder / "release.json").write_text(json.dumps({**values, "classes": ["brain-mri"]}))
    with pytest.raises(ReleaseError, match="other kinds"):
        load_gate_release(folder)
    with pytest.raises(ReleaseError, match="oncoqueue train gate"):
        load_gate_release(tmp_path / "nowhere")
