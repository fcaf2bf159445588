"""Single-frame DICOM: values as displayed, spacing, kinds, and what is rejected with which reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.processing import apply_windowing
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    MRImageStorage,
    RLELossless,
    generate_uid,
)

from models.errors import ScanRejectedError
from models.reading import Scan, dicom_header, gdcm_process, read_scan
from models.reading.codestream import stated_size
from models.reading.scan import AT_DETECTOR
from models.report import Kind

RAMP = (np.add.outer(np.arange(48), np.arange(64)) * 9).astype(np.uint16)


def _header(
    pixels: np.ndarray = RAMP, photometric: str = "MONOCHROME2", bits: int = 12, **elements: Any
) -> FileDataset:
    """An MR image of the head with `elements` set on top; None removes one."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = MRImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    header.SOPClassUID, header.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    header.Modality, header.BodyPartExamined, header.PatientName = "MR", "HEAD", "DOE^JANE"
    header.set_pixel_data(pixels, photometric, bits_stored=bits if pixels.itemsize > 1 else 8)
    for keyword, value in elements.items():
        if value is None:
            delattr(header, keyword)
        else:
            setattr(header, keyword, value)
    return header


def _read(tmp_path: Path, header: FileDataset, **options: Any) -> Scan:
    path = tmp_path / "image"
    header.save_as(path, enforce_file_format=options.pop("enforce_file_format", True), **options)
    return read_scan(path)


def _bundled(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    assert isinstance(found, str)
    return Path(found)


def _reason(path: Path) -> str:
    with pytest.raises(ScanRejectedError) as rejection:
        read_scan(path)
    return rejection.value.reason


def _rejected(tmp_path: Path, header: FileDataset, **options: Any) -> str:
    with pytest.raises(ScanRejectedError) as rejection:
        _read(tmp_path, header, **options)
    return rejection.value.reason


# Values


def test_without_a_window_the_values_are_stretched(tmp_path: Path) -> None:
    scan = _read(tmp_path, _header())
    np.testing.assert_allclose(scan.pixels, RAMP / RAMP.max(), atol=0.03)
    assert (scan.format, scan.orientation) == ("DICOM", 1)
    assert scan.pixels.dtype == np.float32


def test_eight_bit_values_without_a_window_are_value_over_255(tmp_path: Path) -> None:
    pixels = (RAMP // 9).astype(np.uint8)
    np.testing.assert_allclose(_read(tmp_path, _header(pixels)).pixels, pixels / 255, atol=1e-6)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(400, 300), (200.5, 801)])
def test_a_window_agrees_with_pydicoms_own(tmp_path: Path, function: str, center: float, width: float) -> None:
    header = _header(WindowCenter=center, WindowWidth=width, VOILUTFunction=function)
    expected = apply_windowing(RAMP, header) / (2**12 - 1)
    np.testing.assert_allclose(_read(tmp_path, header).pixels, expected, atol=1e-5)


def test_the_first_of_several_windows_is_used(tmp_path: Path) -> None:
    several = _read(tmp_path, _header(WindowCenter=[300, 900], WindowWidth=[200, 50]))
    one = _read(tmp_path, _header(WindowCenter=300, WindowWidth=200))
    np.testing.assert_array_equal(several.pixels, one.pixels)


def test_a_window_beside_all_values_is_ignored(tmp_path: Path) -> None:
    scan = _read(tmp_path, _header(WindowCenter=40_000, WindowWidth=10))
    np.testing.assert_allclose(scan.pixels, RAMP / RAMP.max(), atol=0.03)


def test_the_rescale_comes_before_the_window(tmp_path: Path) -> None:
    header = _header(
        RescaleSlope=2, RescaleIntercept=-100, WindowCenter=500, WindowWidth=600, VOILUTFunction="LINEAR_EXACT"
    )
    expected = np.clip((RAMP * 2.0 - 100 - 200) / 600, 0, 1)
    np.testing.assert_allclose(_read(tmp_path, header).pixels, expected, atol=1e-5)


def test_signed_values_keep_their_order(tmp_path: Path) -> None:
    signed = RAMP.astype(np.int16) - 500
    np.testing.assert_allclose(_read(tmp_path, _header(signed)).pixels, RAMP / RAMP.max(), atol=0.03)


@pytest.mark.parametrize("depth", [8, 12, 16])
@pytest.mark.parametrize("representation", ["OW", "US"])
def test_a_voi_lookup_table_wins_over_a_window(tmp_path: Path, depth: int, representation: str) -> None:
    table = (np.sqrt(np.arange(1024) / 1023) * (2**depth - 1)).astype(np.uint16)
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [1024, 0, depth])
    item.add_new("LUTData", representation, table.tobytes() if representation == "OW" else table.tolist())
    header = _header(VOILUTSequence=[item], WindowCenter=1, WindowWidth=2)
    np.testing.assert_allclose(_read(tmp_path, header).pixels, np.sqrt(RAMP / 1023), atol=0.01)


def test_monochrome1_is_inverted(tmp_path: Path) -> None:
    inverted = _read(tmp_path, _header(photometric="MONOCHROME1", WindowCenter=400, WindowWidth=800))
    plain = _read(tmp_path, _header(WindowCenter=400, WindowWidth=800))
    np.testing.assert_allclose(inverted.pixels, 1 - plain.pixels, atol=1e-6)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black_and_does_not_stretch(tmp_path: Path, photometric: str) -> None:
    pixels = RAMP + 1000
    pixels[:, :8] = 4000
    scan = _read(tmp_path, _header(pixels, photometric, PixelPaddingValue=4000))
    assert (scan.pixels[:, :8] == 0).all()
    assert np.ptp(scan.pixels[:, 8:]) > 0.95


def test_a_range_of_padding_values_is_ignored(tmp_path: Path) -> None:
    pixels = RAMP + 1000
    pixels[:, :4], pixels[:, 4:8] = 10, 20
    scan = _read(tmp_path, _header(pixels, PixelPaddingValue=10, PixelPaddingRangeLimit=30))
    assert (scan.pixels[:, :8] == 0).all()
    assert scan.pixels[:, 8:].min() == 0


def test_colour_becomes_grey_and_is_told(tmp_path: Path) -> None:
    colour = np.zeros((48, 64, 3), np.uint8)
    colour[:, :20, 0], colour[:, 20:40, 1], colour[:, 40:, 2] = 255, 255, 255
    scan = _read(tmp_path, _header(colour, "RGB"))
    np.testing.assert_allclose(scan.pixels[0, [0, 30, 50]], (0.299, 0.587, 0.114), atol=0.01)
    assert scan.colourfulness > 0.5


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    header = pydicom.dcmread(_bundled("examples_palette.dcm"))
    header.Modality, header.BodyPartExamined = "MR", "BRAIN"
    scan = _read(tmp_path, header)
    assert scan.pixels.shape == (350, 800)
    assert scan.colourfulness > 0.02


def test_a_blank_image_is_rejected(tmp_path: Path) -> None:
    assert _rejected(tmp_path, _header(np.full((40, 40), 7, np.uint16))).startswith("The image is blank")


# Spacing


def test_pixel_spacing_is_row_then_column(tmp_path: Path) -> None:
    scan = _read(tmp_path, _header(PixelSpacing=[0.5, 0.75], ImagerPixelSpacing=[9, 9]))
    assert (scan.spacing_mm, scan.spacing_source) == ((0.5, 0.75), "PixelSpacing")


def test_the_spacing_at_the_detector_is_the_second_choice(tmp_path: Path) -> None:
    scan = _read(tmp_path, _header(ImagerPixelSpacing=[0.1, 0.1]))
    assert (scan.spacing_mm, scan.spacing_source) == ((0.1, 0.1), "ImagerPixelSpacing")


def test_a_stated_magnification_is_taken_off_the_spacing_at_the_detector(tmp_path: Path) -> None:
    magnified = {"ImagerPixelSpacing": [0.1, 0.2], "EstimatedRadiographicMagnificationFactor": 1.25}
    assert _read(tmp_path, _header(**magnified)).spacing_mm == pytest.approx((0.08, 0.16))
    magnified["EstimatedRadiographicMagnificationFactor"] = 0
    assert _read(tmp_path, _header(**magnified)).spacing_mm == (0.1, 0.2)


def test_a_pixel_spacing_that_repeats_the_one_at_the_detector_is_no_other(tmp_path: Path) -> None:
    uncorrected = {"PixelSpacing": ["0.1", "0.10001"], "ImagerPixelSpacing": ["0.100", "0.100"]}
    scan = _read(tmp_path, _header(**uncorrected))
    assert (scan.spacing_mm, scan.spacing_source) == ((0.1, 0.1), AT_DETECTOR)
    scan = _read(tmp_path, _header(**uncorrected, EstimatedRadiographicMagnificationFactor=1.25))
    assert scan.spacing_mm == pytest.approx((0.08, 0.08))
    assert scan.spacing_source != AT_DETECTOR
    corrected = {**uncorrected, "PixelSpacing": [0.09, 0.09], "EstimatedRadiographicMagnificationFactor": 1.25}
    scan = _read(tmp_path, _header(**corrected))
    assert (scan.spacing_mm, scan.spacing_source) == ((0.09, 0.09), "PixelSpacing")


@pytest.mark.parametrize("spacing", [[0, 0.5], [-1, -1], [0.5]])
def test_an_impossible_spacing_is_none(tmp_path: Path, spacing: list[float]) -> None:
    assert _read(tmp_path, _header(PixelSpacing=spacing)).spacing_mm is None


def test_the_shape_of_a_pixel_counts_where_no_spacing_is_known(tmp_path: Path) -> None:
    assert _read(tmp_path, _header(PixelAspectRatio=[2, 1])).aspect == 2
    assert _read(tmp_path, _header(PixelAspectRatio=[1, 2])).pixel_size == (0.5, 1)
    assert _read(tmp_path, _header(PixelAspectRatio=[2, 1], PixelSpacing=[0.5, 0.5])).aspect == 1
    assert _read(tmp_path, _header(PixelAspectRatio=[0, 1])).aspect == 1


# Kinds


@pytest.mark.parametrize(
    ("modality", "body_part", "kind"),
    [
        ("MR", "HEAD", Kind.BRAIN_MRI),
        ("MR", "brain", Kind.BRAIN_MRI),
        ("MR", "BRAIN W/O", None),
        ("MR", "HEAD^ROUTINE", None),
        ("MR", "CRANIUM", None),
        ("MR", "", None),
        ("MR", None, None),
        ("MG", "BREAST", Kind.MAMMOGRAM),
        ("MG", None, Kind.MAMMOGRAM),
        ("CR", "CHEST", Kind.CHEST_XRAY),
        ("DX", "CHEST", Kind.CHEST_XRAY),
        ("RG", "CHEST", Kind.CHEST_XRAY),
        (None, None, None),
    ],
)
def test_the_header_names_the_kind(tmp_path: Path, modality: str | None, body_part: str | None, kind: Kind) -> None:
    assert _read(tmp_path, _header(Modality=modality, BodyPartExamined=body_part)).kind == kind


@pytest.mark.parametrize(
    ("modality", "body_part", "beginning"),
    [
        ("CT", "ABDOMEN", "This is a CT of the abdomen; MR of the head"),
        ("CT", "HEAD", "This is a CT of the head; MR of the head"),
        ("MR", "KNEE", "This is an MR of the knee;"),
        ("DX", "TIBIA", "This is an X-ray of the tibia;"),
        ("CR", None, "This is an X-ray whose header names no body part;"),
        ("US", None, "This is an ultrasound image;"),
        ("XYZ", None, "This is an image of modality XYZ;"),
    ],
)
def test_other_kinds_are_rejected_by_name(tmp_path: Path, modality: str, body_part: str | None, beginning: str) -> None:
    assert _rejected(tmp_path, _header(Modality=modality, BodyPartExamined=body_part)).startswith(beginning)


@pytest.mark.parametrize("view", ["LL", "RL", "LATERAL", "left lateral", "LAT", "LLD", "RLO", "OBLIQUE"])
def test_a_chest_that_is_not_seen_from_the_front_is_rejected(tmp_path: Path, view: str) -> None:
    header = _header(Modality="DX", BodyPartExamined="CHEST", ViewPosition=view, PatientOrientation=["L", "F"])
    assert f"whose view is {view.upper()}; only frontal ones" in _rejected(tmp_path, header)


def test_a_chest_without_a_view_is_rejected_where_its_rows_run_along_its_depth(tmp_path: Path) -> None:
    header = _header(Modality="CR", BodyPartExamined="CHEST", PatientOrientation=["A", "F"])
    assert "a chest X-ray from the side" in _rejected(tmp_path, header)


@pytest.mark.parametrize(("view", "rows"), [("PA", "L"), ("AP", "L"), ("PA", "A"), (None, "L"), ("PORTABLE", "R")])
def test_a_frontal_chest_is_read_and_where_no_view_is_known_the_pixels_tell(
    tmp_path: Path, view: str | None, rows: str
) -> None:
    header = _header(Modality="DX", BodyPartExamined="CHEST", PatientOrientation=[rows, "F"])
    if view:
        header.ViewPosition = view
    assert _read(tmp_path, header).kind is Kind.CHEST_XRAY


def test_the_view_of_a_mammogram_is_no_chests(tmp_path: Path) -> None:
    assert _read(tmp_path, _header(Modality="MG", ViewPosition="ML", PatientOrientation=["A", "F"])).kind
    assert _read(tmp_path, _header(Modality="MG", ViewPosition="LL")).kind is Kind.MAMMOGRAM


@pytest.mark.parametrize("modality", ["MG", "DX"])
def test_a_raw_detector_image_is_rejected(tmp_path: Path, modality: str) -> None:
    header = _header(Modality=modality, BodyPartExamined="CHEST", PresentationIntentType="FOR PROCESSING")
    assert "raw detector image" in _rejected(tmp_path, header)


# Encodings


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_implicit.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
    ],
)
def test_every_lossless_transfer_syntax_gives_the_same_pixels(name: str) -> None:
    plain, other = read_scan(_bundled("MR_small.dcm")), read_scan(_bundled(name))
    np.testing.assert_array_equal(other.pixels, plain.pixels)
    assert (other.kind, other.spacing_mm) == (None, (0.3125, 0.3125))


@pytest.mark.parametrize("name", ["SC_jpeg_no_color_transform.dcm", "GDCMJ2K_TextGBR.dcm", "SC_rgb_jls_lossy_line.dcm"])
def test_compressed_colour_is_read(name: str) -> None:
    assert np.ptp(read_scan(_bundled(name)).pixels) > 0.1


def test_lossless_jpeg_gives_the_pixels_that_gdcm_itself_gives(tmp_path: Path) -> None:
    header = pydicom.dcmread(_bundled("SC_rgb_jpeg_gdcm.dcm"))
    header.Modality = "MR"
    scan = _read(tmp_path, header)
    expected = cv2.cvtColor(header.pixel_array, cv2.COLOR_RGB2GRAY)
    np.testing.assert_allclose(scan.pixels, expected / 255, atol=1e-6)


def test_lossless_jpeg_of_16_bits_and_lossy_jpeg_of_12_show_the_same_image(tmp_path: Path) -> None:
    lossless, lossy = (pydicom.dcmread(_bundled(name)) for name in ("JPEG-LL.dcm", "JPGExtended.dcm"))
    for header in (lossless, lossy):
        header.Modality, header.BodyPartExamined = "MR", "HEAD"
        header.WindowCenter, header.WindowWidth = 140, 280
    exact, near = _read(tmp_path, lossless).pixels, _read(tmp_path, lossy).pixels
    assert exact.shape == (1024, 256)
    assert 0 < np.abs(exact - near).mean() < 0.02


def test_a_lossless_jpeg_that_ends_the_decoder_is_rejected_and_the_next_is_read(tmp_path: Path) -> None:
    header = pydicom.dcmread(_bundled("SC_rgb_jpeg_gdcm.dcm"))
    header.Modality = "MR"
    whole = header.PixelData
    reasons = set()
    for seed in range(12):
        damaged = bytearray(whole)
        for place in np.random.default_rng(seed).integers(700, len(whole) - 8, 40):
            damaged[place] ^= 0xA5
        header.PixelData = bytes(damaged)
        try:
            _read(tmp_path, header)
        except ScanRejectedError as error:
            reasons.add(error.reason)
    assert all("its pixels cannot be decoded (its compressed pixels are damaged" in reason for reason in reasons)
    header.PixelData = whole
    assert _read(tmp_path, header).pixels.shape == (100, 100)


def test_a_decoder_that_died_is_started_again(tmp_path: Path) -> None:
    header = pydicom.dcmread(_bundled("SC_rgb_jpeg_gdcm.dcm"))
    header.Modality = "MR"
    before = _read(tmp_path, header).pixels
    process = gdcm_process._DECODER._process
    assert process is not None
    process.kill()
    process.wait()
    np.testing.assert_array_equal(_read(tmp_path, header).pixels, before)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_bare_data_set_without_preamble_is_read(tmp_path: Path, syntax: pydicom.uid.UID) -> None:
    header = _header()
    expected = _read(tmp_path, header).pixels
    bare = Dataset()
    bare.update(header)
    little, implicit = syntax != ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
    if not little:
        bare.PixelData = RAMP.astype(">u2").tobytes()
    bare["PixelData"].VR = "OW"
    bare.save_as(tmp_path / "bare", implicit_vr=implicit, little_endian=little)
    np.testing.assert_array_equal(read_scan(tmp_path / "bare").pixels, expected)


# Rejections


def test_many_frames_are_no_single_image(tmp_path: Path) -> None:
    header = _header(np.stack([RAMP, RAMP, RAMP]))
    assert _rejected(tmp_path, header) == "The file holds 3 slices; a single image is read here."


@pytest.mark.parametrize(
    ("name", "type_name"),
    [("reportsi.dcm", "Basic Text SR"), ("rtstruct.dcm", "RT Structure Set"), ("rtplan.dcm", "RT Plan")],
)
def test_an_object_without_pixels_is_rejected_by_its_type(name: str, type_name: str) -> None:
    assert _reason(_bundled(name)) == f"The DICOM file holds no pixels: its type is '{type_name}'."


def test_a_media_directory_is_rejected() -> None:
    assert "Media Storage Directory" in _reason(_bundled("DICOMDIR"))


def test_a_truncated_dicom_is_rejected_with_a_reason() -> None:
    reason = _reason(_bundled("MR_truncated.dcm"))
    assert reason.startswith("The DICOM file is truncated or damaged: its pixels cannot be decoded")
    assert "8130 vs 8192 bytes" in reason


def test_a_deflated_file_is_read(tmp_path: Path) -> None:
    header = _header()
    expected = _read(tmp_path, header).pixels
    header.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    np.testing.assert_array_equal(_read(tmp_path, header).pixels, expected)


def test_a_deflated_file_is_inflated_only_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_header, "MOST_INFLATED_BYTES", 1 << 20)
    header = _header(np.zeros((2000, 2000), np.uint16))
    header.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert "holds more than 1 MB" in _rejected(tmp_path, header)


@pytest.mark.parametrize("end", [200, 600, 1000])
def test_a_deflated_file_cut_short_is_rejected(tmp_path: Path, end: int) -> None:
    (tmp_path / "cut").write_bytes(_bundled("image_dfl.dcm").read_bytes()[:end])
    assert _reason(tmp_path / "cut").startswith("The DICOM file ")


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless, ExplicitVRLittleEndian])
def test_a_file_cut_anywhere_is_rejected(tmp_path: Path, syntax: pydicom.uid.UID) -> None:
    header = _header(np.random.default_rng(0).integers(0, 4096, (48, 64)).astype(np.uint16))
    if syntax != ExplicitVRLittleEndian:
        header.compress(syntax)
    _read(tmp_path, header)
    whole = (tmp_path / "image").read_bytes()
    for end in range(140, len(whole) - 600, len(whole) // 17):
        (tmp_path / "cut").write_bytes(whole[:end])
        assert _reason(tmp_path / "cut").startswith("The DICOM file ")


def test_compressed_pixels_of_another_size_than_stated_are_rejected(tmp_path: Path) -> None:
    header = _header()
    header.compress(JPEG2000Lossless)
    header.Rows = 40
    assert "not of the size" in _rejected(tmp_path, header)


def test_a_looping_jp2_wrapper_is_rejected(tmp_path: Path) -> None:
    content = bytearray(_bundled("GDCMJ2K_TextGBR.dcm").read_bytes())
    start = content.index(b"rreq") - 4
    content[start : start + 4] = bytes(4)
    (tmp_path / "loop").write_bytes(content)
    assert "JP2 wrapper" in _reason(tmp_path / "loop")


def test_the_header_is_checked_before_the_pixels_are_decoded(tmp_path: Path) -> None:
    header = _header()
    header.Rows = header.Columns = 60_000
    assert "60000 x 60000 pixels; at most 40,000,000" in _rejected(tmp_path, header)


def test_a_reason_never_holds_the_patients_name(tmp_path: Path) -> None:
    for broken in (_header(Modality="CT"), _header(PixelData=b"\0\0"), _header(NumberOfFrames=3)):
        broken.file_meta.MediaStorageSOPClassUID = CTImageStorage
        assert "DOE" not in _rejected(tmp_path, broken)


def test_the_size_of_a_jpeg_is_found_behind_other_markers() -> None:
    comment = b"\xff\xfe\x00\x04ab"
    frame = b"\xff\xc0\x00\x11\x08\x00\x30\x00\x40"
    assert stated_size(b"\xff\xd8" + comment + b"\xff" + frame) == (64, 48)
    assert stated_size(b"\xff\xd8" + comment) is None
