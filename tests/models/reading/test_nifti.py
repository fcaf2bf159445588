"""NIfTI: orientation by the affine, spacing, what is read first, and what is rejected."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from models.anatomy import Direction
from models.errors import ScanRejectedError
from models.reading import Scan, Volume, nifti, open_scan

SHAPE = (40, 48, 36)  # left to right, back to front, feet to head in RAS


def cornered() -> np.ndarray:
    """RAS: bright at the patient's right, at the front, at the head, in this order of brightness, on a grey body."""
    values = np.zeros(SHAPE, np.int16)
    values[2:-2, 2:-2, 2:-2] = 100
    values[32:, 20:28, 14:22] = 1000
    values[16:24, 40:, 14:22] = 700
    values[16:24, 20:28, 30:] = 400
    return values


def saved(path: Path, values: np.ndarray, affine: np.ndarray, **header: object) -> Path:
    image = nibabel.Nifti1Image(values, affine)
    for field, value in header.items():
        image.header[field] = value
    nibabel.save(image, path)
    return path


def opened(path: Path) -> Volume:
    found = open_scan(path)
    assert isinstance(found, Volume)
    return found


def reason(path: Path) -> str:
    with pytest.raises(ScanRejectedError) as rejection:
        open_scan(path)
    return rejection.value.reason


def reordered(values: np.ndarray, code: str, spacing: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """RAS values stored in another order, with the affine that says so; `spacing` of the patient's x, y and z."""
    image = nibabel.Nifti1Image(values, np.diag([*spacing, 1.0]))
    turned = image.as_reoriented(
        nibabel.orientations.ornt_transform(
            nibabel.orientations.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(code)
        )
    )
    return np.asarray(turned.dataobj), turned.affine


@pytest.mark.parametrize("code", ["RAS", "LPS", "LAS", "PSR", "SAL", "IRP", "ASL"])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_however_it_is_stored_axial_slices_are_shown_as_radiologists_see_them(
    tmp_path: Path, code: str, ending: str
) -> None:
    volume = opened(saved(tmp_path / f"a{ending}", *reordered(cornered(), code, (1, 1, 1))))
    assert len(volume) == 36
    middle = volume.slices[18].read()
    assert middle.pixels.shape == (48, 40)
    assert middle.pixels[24, 3] == 1  # the patient's right is on the left
    assert middle.pixels[3, 20] == pytest.approx(0.7, abs=0.01)  # the front is above
    assert middle.directions is not None
    assert (middle.directions.rightwards, middle.directions.downwards) == (Direction.LEFT, Direction.POSTERIOR)
    assert volume.slices[33].read().pixels[24, 20] == pytest.approx(0.4, abs=0.01)  # the head comes last
    assert [s.place.step for s in volume.slices] == list(range(36))
    assert volume.slices[0].place.spacing_mm == pytest.approx(1)


@pytest.mark.parametrize(
    ("spacing", "plane", "count", "shown", "between"),
    [
        ((1, 0.9, 5), "axial", 36, (0.9, 1), 5),
        ((1, 4, 0.8), "coronal", 48, (0.8, 1), 4),
        ((3, 0.9, 0.8), "sagittal", 40, (0.8, 0.9), 3),
        ((1, 1, 1.1), "axial", 36, (1, 1), 1.1),
    ],
)
def test_slices_are_cut_as_they_were_scanned_and_axially_where_no_axis_is_coarser(
    tmp_path: Path, spacing: tuple[float, float, float], plane: str, count: int, shown: tuple, between: float
) -> None:
    volume = opened(saved(tmp_path / "a.nii", *reordered(cornered(), "LSA", spacing)))
    scan = volume.slices[count // 2].read()
    assert len(volume) == count
    assert scan.directions is not None
    assert scan.directions.plane == plane
    assert scan.spacing_mm == pytest.approx(shown)
    assert volume.slices[0].place.spacing_mm == pytest.approx(between)


def test_sagittal_slices_face_left_with_the_head_up(tmp_path: Path) -> None:
    volume = opened(saved(tmp_path / "a.nii", *reordered(cornered(), "RAS", (4, 1, 1))))
    middle = volume.slices[20].read()
    assert middle.pixels[18, 3] == pytest.approx(0.7, abs=0.01)  # the front on the left
    assert middle.pixels[3, 24] == pytest.approx(0.4, abs=0.01)  # the head above


def test_of_several_volumes_the_first_is_read_and_that_is_said(tmp_path: Path) -> None:
    both = np.stack([cornered(), cornered()[::-1]], axis=-1)
    volume = opened(saved(tmp_path / "a.nii.gz", both, np.eye(4)))
    first = opened(saved(tmp_path / "b.nii", cornered(), np.eye(4)))
    np.testing.assert_array_equal(volume.slices[18].read().pixels, first.slices[18].read().pixels)
    assert volume.notes == ("The file holds 2 volumes, one after the other; the first of them was read.",)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_every_type_of_value_is_read_on_one_scale_for_all_slices(tmp_path: Path, dtype: type) -> None:
    values = (cornered() // 4).astype(dtype)
    volume = opened(saved(tmp_path / "a.nii", values, np.eye(4)))
    assert volume.slices[2].read().pixels.max() == pytest.approx(0.1, abs=0.01)


def test_scaling_does_not_change_what_is_seen(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.nii", cornered(), np.eye(4))
    plain = opened(path).slices[18].read().pixels
    content = bytearray(path.read_bytes())
    content[112:120] = np.array([0.5, -200], "<f4").tobytes()
    path.write_bytes(content)
    np.testing.assert_allclose(opened(path).slices[18].read().pixels, plain, atol=1e-5)


def test_one_slice_is_an_image(tmp_path: Path) -> None:
    found = open_scan(saved(tmp_path / "a.nii", cornered()[:, :, 18:19], np.eye(4)))
    assert isinstance(found, Scan)
    assert found.pixels.shape == (48, 40)


def test_a_blank_slice_is_rejected_alone(tmp_path: Path) -> None:
    values = cornered()
    values[:, :, :4] = 0
    volume = opened(saved(tmp_path / "a.nii", values, np.eye(4)))
    with pytest.raises(ScanRejectedError, match="blank"):
        volume.slices[0].read()
    assert volume.slices[18].read().pixels.max() == 1


@pytest.mark.parametrize("affine", [np.full((4, 4), np.nan), np.zeros((4, 4)), np.ones((4, 4))])
def test_an_affine_that_says_nothing_costs_sizes_and_sides_only(tmp_path: Path, affine: np.ndarray) -> None:
    path = saved(tmp_path / "a.nii", cornered(), np.eye(4))
    content = bytearray(path.read_bytes())
    content[76:108] = np.full(8, np.nan, "<f4").tobytes()  # pixdim
    content[252:256] = np.array([0, 1], "<i2").tobytes()  # qform_code, sform_code
    content[280:328] = affine[:3].astype("<f4").tobytes()
    path.write_bytes(content)
    scan = opened(path).slices[18].read()
    assert (scan.spacing_mm, scan.directions) == (None, None)
    assert scan.pixels.shape == (48, 40)


def test_too_many_slices_are_rejected_before_they_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.nii", cornered(), np.eye(4))
    content = bytearray(path.read_bytes())
    content[40:56] = np.array([3, 64, 64, 10_000, 1, 1, 1, 1], "<i2").tobytes()
    path.write_bytes(content)
    assert reason(path) == "The file holds 10,000 slices; at most 2,000 are read."


def test_a_volume_of_too_many_bytes_is_rejected_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nifti, "MOST_UNPACKED_BYTES", 1000)
    assert "is too large: 0 MB" in reason(saved(tmp_path / "a.nii.gz", cornered(), np.eye(4)))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("packed", [True, False])
def test_a_truncated_file_is_rejected(tmp_path: Path, share: float, packed: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.int16)
    whole = saved(tmp_path / "a.nii", noise, np.eye(4)).read_bytes()
    whole = gzip.compress(whole) if packed else whole
    (tmp_path / "cut").write_bytes(whole[: int(len(whole) * share)])
    assert reason(tmp_path / "cut").startswith("The NIfTI file is truncated or damaged")


def test_colours_pairs_and_other_gzip_files_are_rejected_by_name(tmp_path: Path) -> None:
    colour = np.zeros(SHAPE, [("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert "values of type RGB" in reason(saved(tmp_path / "a.nii", colour, np.eye(4)))
    nibabel.save(nibabel.Nifti1Pair(cornered(), np.eye(4)), tmp_path / "b.img")
    assert "header of a NIfTI pair" in reason(tmp_path / "b.hdr")
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"text"))
    assert reason(tmp_path / "c.gz") == "The file is a gzip archive; unpack it first."
