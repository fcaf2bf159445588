"""Files of synthetic X-rays: each format read back, DICOM with the header of its kind, and the mix of kinds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner

import models.commands.demo_scans as command
from models.geometry import oriented
from models.reading import read_scan
from models.report import Kind
from models.synthetic import MIX, generate_scan, write_scans

X_RAYS = [Kind.MAMMOGRAM, Kind.CHEST_XRAY]


@pytest.fixture(scope="module", params=X_RAYS, ids=str)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Kind, Path]:
    """A kind and a folder with one scan of it in each format."""
    folder = tmp_path_factory.mktemp("scans")
    write_scans(folder, 8, seed=2, broken=False, kinds=(request.param,))
    return request.param, folder


def test_every_format_shows_the_picture_that_was_drawn(written: tuple[Kind, Path]) -> None:
    kind, folder = written
    files = sorted(folder.glob("scan-*"))
    scans = [read_scan(file) for file in files]
    assert {scan.format for scan in scans} == {"DICOM", "PNG", "JPEG", "TIFF", "BMP"}
    for i, scan in enumerate(scans):
        shown, drawn = oriented(scan.pixels, scan.orientation), generate_scan(kind, 2 * 1_000_003 + i).pixels
        assert np.corrcoef(shown.ravel(), drawn.ravel())[0, 1] > 0.98


def test_headers_name_the_kind_the_spacing_and_that_it_is_made_up(written: tuple[Kind, Path]) -> None:
    kind, folder = written
    headers = [pydicom.dcmread(file) for file in sorted(folder.glob("*.dcm"))]
    for file, header in zip(sorted(folder.glob("*.dcm")), headers, strict=True):
        scan = read_scan(file)
        assert scan.kind is kind
        assert header.PatientName == "SYNTHETIC^SCAN"
        assert header.SeriesDescription.startswith("SYNTHETIC")
        assert scan.spacing_mm == pytest.approx(tuple(header.get("PixelSpacing") or header.ImagerPixelSpacing))
    assert {header.PhotometricInterpretation for header in headers} == {"MONOCHROME1", "MONOCHROME2"}
    expected = {Kind.MAMMOGRAM: {("MG", "MLO")}, Kind.CHEST_XRAY: {("DX", "PA"), ("CR", "PA")}}[kind]
    assert {(header.Modality, header.ViewPosition) for header in headers} == expected


def test_mammograms_tell_their_side(tmp_path: Path) -> None:
    write_scans(tmp_path, 1, seed=3, broken=False, kinds=(Kind.MAMMOGRAM,))
    side = pydicom.dcmread(tmp_path / "scan-0001.dcm").ImageLaterality
    assert side == generate_scan(Kind.MAMMOGRAM, 3 * 1_000_003).side


def test_kinds_come_in_turns_and_brains_among_them_are_those_of_brains_alone(tmp_path: Path) -> None:
    mixed = write_scans(tmp_path / "mixed", 5, seed=4, broken=False, kinds=MIX)
    alone = write_scans(tmp_path / "alone", 5, seed=4, broken=False)
    same = [kind is Kind.BRAIN_MRI for kind in MIX]
    assert Counter(MIX) == {Kind.BRAIN_MRI: 3, Kind.MAMMOGRAM: 1, Kind.CHEST_XRAY: 1}
    names = [file.name for file in mixed]
    assert [n == a.name and is_same(tmp_path, n) for n, a in zip(names, alone, strict=True)] == same


def is_same(folder: Path, name: str) -> bool:
    return (folder / "mixed" / name).read_bytes() == (folder / "alone" / name).read_bytes()


@pytest.mark.parametrize("shipped", [{Kind.BRAIN_MRI}, set(Kind)])
def test_the_command_mixes_the_kinds_that_a_model_ships_for(
    shipped: set[Kind], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "SHIPPED", frozenset(shipped))
    assert CliRunner().invoke(command.demo_scans, [str(tmp_path), "--count", "5", "--no-broken"]).exit_code == 0
    written = [read_scan(file).pixels.shape for file in sorted(tmp_path.glob("scan-*"))]
    assert (written.count((512, 512)) == 5) == (shipped == {Kind.BRAIN_MRI})


def test_the_command_writes_one_kind_where_it_is_told_to(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--count", "4", "--kind", "chest-xray", "--no-broken"]
    assert CliRunner().invoke(command.demo_scans, arguments).exit_code == 0
    kinds = {read_scan(file).kind for file in tmp_path.glob("*.dcm")}
    assert kinds == {Kind.CHEST_XRAY}
