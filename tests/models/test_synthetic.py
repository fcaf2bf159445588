"""Synthetic slices: the same for the same seed, with lesions where they are said to be, and marked as made up."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from click.testing import CliRunner

from models.commands.demo_scans import demo_scans
from models.errors import ScanRejectedError
from models.geometry import oriented
from models.reading import read_scan
from models.report import Kind
from models.synthetic import TRUTH_FILE, LesionType, Level, Weighting, draw_slice, generate_slice, write_scans

SMALL = {
    3: [
        [3, 3, 25, 22, 3, 3],
        [3, 18, 87, 76, 30, 3],
        [3, 37, 61, 72, 57, 3],
        [3, 41, 74, 85, 66, 3],
        [3, 20, 83, 80, 20, 3],
        [3, 3, 3, 3, 3, 7],
    ],
    4: [
        [4, 13, 42, 34, 11, 4],
        [5, 70, 77, 79, 57, 4],
        [21, 92, 86, 89, 88, 4],
        [27, 122, 115, 95, 89, 4],
        [22, 106, 107, 84, 56, 4],
        [4, 34, 58, 55, 13, 8],
    ],
}
"""Slices of these seeds, shrunk to 6 x 6: training sets of releases are made of them."""


def test_the_same_seed_gives_the_same_slice() -> None:
    np.testing.assert_array_equal(generate_slice(7).pixels, generate_slice(7).pixels)
    assert (generate_slice(7).pixels != generate_slice(8).pixels).mean() > 0.2


@pytest.mark.parametrize(("seed", "small"), SMALL.items())
def test_a_slice_stays_as_it_was(seed: int, small: list[list[int]]) -> None:
    shrunk = cv2.resize(generate_slice(seed).pixels, (6, 6), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(shrunk, small, atol=1)


def test_the_files_of_a_seed_are_the_same_bytes(tmp_path: Path) -> None:
    names = [file.name for file in write_scans(tmp_path / "a", 8, seed=3)]
    write_scans(tmp_path / "b", 8, seed=3)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_more_scans_of_a_seed_begin_with_the_same_ones(tmp_path: Path) -> None:
    few = write_scans(tmp_path / "few", 3, seed=3, broken=False)
    many = write_scans(tmp_path / "many", 5, seed=3, broken=False)
    assert many[:3] == few


@pytest.mark.parametrize("lesion", list(LesionType))
@pytest.mark.parametrize("weighting", list(Weighting))
@pytest.mark.parametrize("seed", range(6))
def test_a_lesion_lies_in_the_head_and_fills_its_box(lesion: LesionType, weighting: Weighting, seed: int) -> None:
    scan = draw_slice(seed, lesion, weighting)
    (found,) = scan.lesions
    rows, columns = np.nonzero(found.mask)
    assert found.label == lesion
    assert found.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert 300 < found.mask.sum() < 25_000
    assert np.median(scan.pixels[found.mask]) > 25


@pytest.mark.parametrize("lesion", [LesionType.MENINGIOMA, LesionType.PITUITARY])
@pytest.mark.parametrize("seed", range(6))
def test_an_enhancing_lesion_is_brighter_than_brain(lesion: LesionType, seed: int) -> None:
    diseased, healthy = draw_slice(seed, lesion, level=Level.SELLA), draw_slice(seed, level=Level.SELLA)
    (found,) = diseased.lesions
    assert diseased.pixels[found.mask].mean() > 1.3 * healthy.pixels[found.mask].mean()


def test_a_healthy_slice_has_no_lesion() -> None:
    assert draw_slice(1).lesions == ()


def test_drawn_slices_are_of_every_type_and_some_are_healthy() -> None:
    labels = [scan.lesions[0].label if scan.lesions else None for scan in map(generate_slice, range(40))]
    assert set(labels) == {None, *LesionType}


@pytest.mark.parametrize(("bits", "dtype", "peak"), [(8, np.uint8, 255), (16, np.uint16, 4095)])
@pytest.mark.parametrize("size", [256, 512])
def test_the_pixels_have_the_depth_and_size_asked_for(bits: int, dtype: type, peak: int, size: int) -> None:
    scan = draw_slice(3, LesionType.GLIOMA, size=size, bits=bits)
    assert scan.pixels.dtype == dtype
    assert scan.pixels.shape == scan.lesions[0].mask.shape == (size, size)
    assert 100 < scan.pixels.max() <= peak


def test_a_slice_is_marked_in_its_lower_right_corner() -> None:
    other, corner = (generate_slice(3).pixels[-20:, part] for part in (np.s_[:110], np.s_[-110:]))
    assert (corner > 100).sum() > 80
    assert (other > 100).sum() == 0


def test_every_format_is_read_back_with_the_lesion_in_its_box(tmp_path: Path) -> None:
    written = write_scans(tmp_path, 16, seed=11, broken=False)
    formats = {read_scan(tmp_path / file.name).format for file in written}
    assert formats == {"DICOM", "PNG", "JPEG", "TIFF", "BMP"}
    for i, file in enumerate(written):
        scan, truth = read_scan(tmp_path / file.name), generate_slice(11 * 1_000_003 + i)
        shown = oriented(scan.pixels, scan.orientation)
        assert np.corrcoef(shown.ravel(), truth.pixels.ravel())[0, 1] > 0.98
        for lesion, drawn in zip(file.lesions, truth.lesions, strict=True):
            x0, y0, x1, y1 = lesion.box
            marked = np.zeros(scan.pixels.shape, bool)
            marked[y0:y1, x0:x1] = True
            rows, columns = np.nonzero(oriented(marked, scan.orientation))
            assert drawn.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_a_turned_jpeg_is_among_the_files(tmp_path: Path) -> None:
    written = write_scans(tmp_path, 8, broken=False)
    assert {read_scan(tmp_path / file.name).orientation for file in written} == {1, 6}


def test_the_dicom_files_say_that_they_are_made_up(tmp_path: Path) -> None:
    write_scans(tmp_path, 8, broken=False)
    files = sorted(tmp_path.glob("*.dcm"))
    assert len(files) == 2
    for path in files:
        header = pydicom.dcmread(path)
        assert header.PatientName == "SYNTHETIC^SCAN"
        assert header.ImageType[0] == "DERIVED"
        scan = read_scan(path)
        assert scan.kind is Kind.BRAIN_MRI
        assert scan.spacing_mm == pytest.approx(tuple(header.PixelSpacing))


def test_the_broken_files_are_rejected_or_colourful(tmp_path: Path) -> None:
    broken = [file for file in write_scans(tmp_path, 0) if file.broken]
    assert len(broken) == 6
    for file in broken:
        if "photograph" in file.name:
            assert read_scan(tmp_path / file.name).colourfulness > 0.3
        else:
            with pytest.raises(ScanRejectedError):
                read_scan(tmp_path / file.name)


def test_the_command_writes_scans_and_the_truth(tmp_path: Path) -> None:
    result = CliRunner().invoke(demo_scans, [str(tmp_path / "demo"), "--count", "5", "--seed", "2"])
    assert result.exit_code == 0
    assert "5 synthetic scans" in result.output
    assert "6 files broken on purpose" in result.output
    truth = json.loads((tmp_path / "demo" / TRUTH_FILE).read_text())
    assert sum(not entry["broken"] for entry in truth.values()) == 5
    assert all((tmp_path / "demo" / name).is_file() for name in truth)


def test_the_command_can_leave_out_broken_files(tmp_path: Path) -> None:
    result = CliRunner().invoke(demo_scans, [str(tmp_path), "--count", "2", "--no-broken"])
    assert result.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [TRUTH_FILE, "scan-0001.dcm", "scan-0002.png"]
