"""Volumes through the pipeline with the shipped weights: one result each."""

from __future__ import annotations

import gzip
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest

import models.pipeline
import models.volumes.passing
from models.pipeline import Analysis, Pipeline, Source
from models.report import Kind, Status
from models.synthetic.dicom import dicom_bytes
from models.synthetic.volumes import SyntheticVolume, draw_volume, enhanced_header, nifti_bytes, series_files
from models.volumes.kind import volume_kind
from models.volumes.result import NOT_CALIBRATED

COUNT = 15
ORDER = [3, 1, 2, 0, *range(COUNT - 1, 3, -1)]


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with Pipeline.load("litert") as loaded:
        yield loaded


@pytest.fixture(scope="module")
def drawn() -> SyntheticVolume:
    return draw_volume(3, COUNT)


@pytest.fixture(scope="module")
def analyses(pipeline: Pipeline, drawn: SyntheticVolume, tmp_path_factory: pytest.TempPathFactory) -> list[Analysis]:
    """Of one lesion as Enhanced MR, as packed NIfTI and as a series, and of the same head without it."""
    folder = tmp_path_factory.mktemp("volumes")
    (folder / "enhanced.dcm").write_bytes(dicom_bytes(enhanced_header(drawn, ORDER)))
    (folder / "head.nii.gz").write_bytes(gzip.compress(nifti_bytes(drawn)))
    (folder / "clear.nii").write_bytes(nifti_bytes(draw_volume(3, 7, lesion=None)))
    series = []
    for number, content in enumerate(series_files(drawn)):
        series.append(folder / f"{(number * 7) % COUNT}.dcm")
        series[-1].write_bytes(content)
    sources = [Source(name, folder / name) for name in ("enhanced.dcm", "head.nii.gz", "clear.nii")]
    sources.insert(2, Source("series", series[0], series=tuple(series)))
    return list(pipeline.analyse(sources))


def test_however_it_is_stored_a_volume_gives_one_result_with_the_lesion_that_was_drawn(
    analyses: list[Analysis], drawn: SyntheticVolume
) -> None:
    truth = [number + 1 for number, mask in enumerate(drawn.masks) if mask.any()]
    for analysis in analyses[:3]:
        report = analysis.report
        assert (report.status, report.kind) == (Status.DONE, Kind.BRAIN_MRI)
        assert report.volume is not None
        (lesion,) = report.volume.lesions
        assert lesion.reported
        assert truth[0] <= lesion.slices[0] < lesion.largest_slice < lesion.slices[1] <= truth[-1]
        assert lesion.largest_slice == COUNT // 2 + 1
        assert lesion.volume_ml == pytest.approx(drawn.volume_ml, rel=0.25)
        assert lesion.craniocaudal_mm == 5 * (lesion.slices[1] - lesion.slices[0] + 1)
        assert (report.tumor_probability or 0) > 0.7


def test_image_findings_and_pictures_are_those_of_one_slice(analyses: list[Analysis], drawn: SyntheticVolume) -> None:
    for analysis in analyses[:3]:
        volume = analysis.report.volume
        assert volume is not None
        truth = drawn.masks[volume.slice - 1]
        mask = cv2.imdecode(np.frombuffer(analysis.images["mask"], np.uint8), cv2.IMREAD_GRAYSCALE) > 0
        assert mask.shape == truth.shape
        assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.6
        assert any(finding.reported for finding in analysis.report.findings)


def test_the_slice_is_named_as_it_is_found_in_the_file(analyses: list[Analysis]) -> None:
    enhanced, nifti, series = (analysis.report.volume for analysis in analyses[:3])
    assert enhanced is not None
    assert nifti is not None
    assert series is not None
    assert enhanced.frame == ORDER.index(enhanced.slice - 1) + 1
    assert nifti.frame == nifti.slice
    assert (series.frame, series.file) == (None, f"{((series.slice - 1) * 7) % COUNT}.dcm")


def test_a_volume_without_a_lesion_reports_none(analyses: list[Analysis]) -> None:
    report = analyses[3].report
    assert report.volume is not None
    assert report.volume.lesions == ()
    assert not any(finding.reported for finding in report.findings)
    assert (report.tumor_probability or 1) < 0.3


def test_what_is_not_calibrated_is_said(analyses: list[Analysis]) -> None:
    assert all(NOT_CALIBRATED in analysis.report.caveats for analysis in analyses)


def test_a_sheet_shows_the_slices_and_stays_bounded(analyses: list[Analysis]) -> None:
    for analysis in analyses:
        sheet = cv2.imdecode(np.frombuffer(analysis.images["slices"], np.uint8), cv2.IMREAD_COLOR)
        assert sheet.shape[0] < 1300
        assert sheet.shape[1] < 900
        assert np.ptp(sheet) > 200
    coloured = cv2.imdecode(np.frombuffer(analyses[0].images["slices"], np.uint8), cv2.IMREAD_COLOR)
    grey = cv2.imdecode(np.frombuffer(analyses[3].images["slices"], np.uint8), cv2.IMREAD_COLOR)
    assert np.ptp(coloured, axis=2).max() > 60
    assert np.ptp(grey, axis=2).max() == 0


def test_blank_damaged_and_foreign_slices_are_passed_over_and_the_last_two_said(
    pipeline: Pipeline, drawn: SyntheticVolume, tmp_path: Path
) -> None:
    header = enhanced_header(drawn)
    pixels = header.pixel_array.copy()
    pixels[0] = 0
    pixels[-1] = np.random.default_rng(0).integers(0, 1400, pixels[-1].shape)
    header.set_pixel_data(pixels, "MONOCHROME2", bits_stored=16, generate_instance_uid=False)
    header.compress(pydicom.uid.JPEG2000Lossless, generate_instance_uid=False)
    frames = list(pydicom.encaps.generate_frames(header.PixelData, number_of_frames=COUNT))
    frames[1] = bytes(64)
    header.PixelData = pydicom.encaps.encapsulate(frames)
    (tmp_path / "a.dcm").write_bytes(dicom_bytes(header))
    (analysis,) = pipeline.analyse([Source("a", tmp_path / "a.dcm")])
    assert analysis.report.volume is not None
    assert (analysis.report.volume.slices, analysis.report.volume.analysed) == (COUNT, COUNT - 3)
    said = " ".join(analysis.report.caveats)
    assert "1 slices could not be read; of the first: The DICOM file is truncated or damaged" in said
    assert "1 slices were passed over, as their pixels do not look like this kind of image." in said


def test_a_volume_of_something_else_is_rejected_by_its_middle(pipeline: Pipeline, tmp_path: Path) -> None:
    import nibabel

    noise = np.random.default_rng(0).integers(0, 1000, (64, 64, 12)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(noise, np.eye(4)), tmp_path / "noise.nii")
    (analysis,) = pipeline.analyse([Source("n", tmp_path / "noise.nii")])
    assert analysis.report.status is Status.REJECTED
    assert "noise or a pattern" in (analysis.report.reason or "")


def test_a_volume_of_blank_slices_is_rejected(pipeline: Pipeline, drawn: SyntheticVolume, tmp_path: Path) -> None:
    header = enhanced_header(drawn)
    header.PixelData = bytes(len(header.PixelData))
    (tmp_path / "a.dcm").write_bytes(dicom_bytes(header))
    (analysis,) = pipeline.analyse([Source("a", tmp_path / "a.dcm")])
    assert (analysis.report.status, analysis.report.reason) == (
        Status.REJECTED,
        "The image is blank: all its pixels have the same value.",
    )


def test_a_kind_that_no_model_reads_in_slices_is_rejected_by_name(drawn: SyntheticVolume, tmp_path: Path) -> None:
    from models.errors import ScanRejectedError
    from models.reading import Volume, open_scan

    (tmp_path / "a.dcm").write_bytes(dicom_bytes(enhanced_header(drawn)))
    volume = open_scan(tmp_path / "a.dcm")
    assert isinstance(volume, Volume)
    with pytest.raises(ScanRejectedError, match=f"a mammogram of {COUNT} slices") as rejection:
        volume_kind(volume, lambda scan: Kind.MAMMOGRAM)
    assert rejection.value.kind is Kind.MAMMOGRAM


def test_an_error_of_ours_fails_the_volume_and_not_its_neighbours(
    pipeline: Pipeline, drawn: SyntheticVolume, scan_files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(models.volumes.passing, "sight_of", breaks)
    (tmp_path / "a.dcm").write_bytes(dicom_bytes(enhanced_header(drawn)))
    sources = [Source("1", scan_files[0]), Source("2", tmp_path / "a.dcm"), Source("3", scan_files[0])]
    assert [a.report.status for a in pipeline.analyse(sources)] == [Status.DONE, Status.FAILED, Status.DONE]


def test_an_interrupt_while_slices_are_read_is_not_taken_for_an_error_of_ours(
    pipeline: Pipeline, drawn: SyntheticVolume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SoftLimit(Exception):
        """As Celery's SoftTimeLimitExceeded: an ordinary exception, raised by a signal."""

    def limit(*_: object) -> None:
        raise SoftLimit

    real = models.pipeline.analyse_volume
    monkeypatch.setattr(models.pipeline, "analyse_volume", lambda *given: (time.sleep(1), real(*given))[1])
    (tmp_path / "a.dcm").write_bytes(dicom_bytes(enhanced_header(drawn)))
    ready = pipeline._intake.make_ready(Source("a", tmp_path / "a.dcm"))
    monkeypatch.setattr(pipeline._intake, "make_ready", lambda _: ready)
    before = signal.signal(signal.SIGALRM, limit)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(SoftLimit):
            list(pipeline.analyse([Source("a", tmp_path / "a.dcm")]))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_the_steps_of_a_volume_are_those_of_its_middle_slice(
    pipeline: Pipeline, drawn: SyntheticVolume, tmp_path: Path
) -> None:
    (tmp_path / "a.dcm").write_bytes(dicom_bytes(enhanced_header(drawn)))
    assert len(pipeline.write_steps(tmp_path / "a.dcm", tmp_path / "steps")) == 5


def test_pixels_that_are_not_square_change_no_size_and_hardly_the_result(pipeline: Pipeline, tmp_path: Path) -> None:
    from models.synthetic import LesionType, draw_slice
    from models.synthetic.dicom import dicom_header

    scan = draw_slice(0, LesionType.GLIOMA, bits=16)
    pixels = scan.pixels.astype(np.uint16)
    square = dicom_header(scan, pixels)
    flat = dicom_header(scan, cv2.resize(pixels, (512, 256), interpolation=cv2.INTER_AREA))
    flat.PixelSpacing = [2 * scan.spacing_mm[0], scan.spacing_mm[1]]
    (tmp_path / "square").write_bytes(dicom_bytes(square))
    (tmp_path / "flat").write_bytes(dicom_bytes(flat))
    one, other = (a.report for a in pipeline.analyse([Source(n, tmp_path / n) for n in ("square", "flat")]))
    assert one.findings[0].reported
    assert other.findings[0].reported
    size, same = one.findings[0].measurements, other.findings[0].measurements
    assert same.longest_diameter == pytest.approx(size.longest_diameter, rel=0.08)
    assert same.area == pytest.approx(size.area, rel=0.1)
    x0, y0, x1, y1 = one.findings[0].box
    assert np.allclose(other.findings[0].box, (x0, y0 / 2, x1, y1 / 2), atol=6)
