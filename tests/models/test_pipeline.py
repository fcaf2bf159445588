"""The pipeline on synthetic scans, through the shipped weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from models.gate import load_gate
from models.geometry import inverse_orientation, oriented
from models.pipeline import Analysis, Pipeline, Source
from models.release import load_release
from models.report import Kind, Status
from models.synthetic import SyntheticScan, generate_slice
from models.synthetic.dicom import dicom_bytes, dicom_header
from models.training.gate.made_up.documents import draw_page


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with Pipeline.load("litert") as loaded:
        yield loaded


@pytest.fixture
def turned_scan(synthetic: list[SyntheticScan], tmp_path: Path) -> Path:
    """The first synthetic scan, stored turned, with the EXIF orientation that turns it back."""
    pixels = np.ascontiguousarray(oriented(np.asarray(synthetic[0].pixels), inverse_orientation(6)))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    return tmp_path / "turned.png"


@pytest.fixture(scope="module")
def analyses(pipeline: Pipeline, scan_files: list[Path]) -> list[Analysis]:
    return list(pipeline.analyse([Source(f.name, f) for f in scan_files]))


def test_results_come_in_order_with_pictures_and_timings(analyses: list[Analysis], scan_files: list[Path]) -> None:
    assert [a.name for a in analyses] == [f.name for f in scan_files]
    for analysis in analyses:
        assert analysis.report.status is Status.DONE
        assert set(analysis.images) == {"original", "overlay", "heatmap", "mask", "thumbnail", "steps"}
        assert all(data.startswith(b"\x89PNG") for data in analysis.images.values())
        assert set(analysis.timings) == {"read", "gate", "preprocess", "network", "measure", "render"}


def test_lesions_that_were_drawn_are_found_where_they_were_drawn(
    analyses: list[Analysis], synthetic: list[SyntheticScan]
) -> None:
    overlaps = []
    for analysis, scan in zip(analyses, synthetic, strict=True):
        if scan.lesions:
            mask = cv2.imdecode(np.frombuffer(analysis.images["mask"], np.uint8), cv2.IMREAD_GRAYSCALE) > 0
            truth = scan.lesions[0].mask
            overlaps.append(2 * (mask & truth).sum() / max(mask.sum() + truth.sum(), 1))
    assert len(overlaps) >= 4
    assert np.median(overlaps) > 0.7


def test_a_lesion_raises_the_tumour_probability(analyses: list[Analysis], synthetic: list[SyntheticScan]) -> None:
    with_lesion = [a.report.tumor_probability or 0 for a, s in zip(analyses, synthetic, strict=True) if s.lesions]
    without = [a.report.tumor_probability or 0 for a, s in zip(analyses, synthetic, strict=True) if not s.lesions]
    assert np.median(with_lesion) > 0.8
    assert not without or np.median(without) < 0.5


def test_findings_keep_the_contract(analyses: list[Analysis]) -> None:
    assert sum(len(analysis.report.findings) for analysis in analyses) > len(analyses)
    for analysis in analyses:
        findings = analysis.report.findings
        assert [f.score for f in findings] == sorted((f.score for f in findings), reverse=True)
        for finding in findings:
            x0, y0, x1, y1 = finding.box
            assert 0 <= x0 < x1 <= 512
            assert 0 <= y0 < y1 <= 512
            assert finding.label == max(finding.probabilities, key=finding.probabilities.__getitem__)
            assert sum(finding.probabilities.values()) == pytest.approx(1)
            mask = np.zeros((512, 512), np.uint8)
            cv2.fillPoly(mask, [np.array(finding.contour, np.int32)], 1)
            assert cv2.boundingRect(mask) == (x0, y0, x1 - x0, y1 - y0)
            assert mask.sum() == pytest.approx(finding.measurements.area, rel=0.1, abs=10)


def test_a_bad_file_is_rejected_alone(pipeline: Pipeline, scan_files: list[Path], tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("not an image")
    sources = [
        Source("a", scan_files[0]),
        Source("b", text),
        Source("c", tmp_path / "missing"),
        Source("d", scan_files[1]),
    ]
    done, bad, missing, also_done = pipeline.analyse(sources)
    assert done.report.status is also_done.report.status is Status.DONE
    assert bad.report.status is missing.report.status is Status.REJECTED
    assert bad.report.reason
    assert missing.report.reason == "There is no file at this path."


def test_boxes_of_a_turned_scan_lie_in_stored_pixels(
    pipeline: Pipeline, analyses: list[Analysis], synthetic: list[SyntheticScan], tmp_path: Path
) -> None:
    number = next(i for i, a in enumerate(analyses) if a.report.findings and a.report.findings[0].score > 0.5)
    stored = Image.fromarray(
        np.ascontiguousarray(oriented(np.asarray(synthetic[number].pixels), inverse_orientation(6)))
    )
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(tmp_path / "turned.png", exif=exif)
    (turned,) = pipeline.analyse([Source("t", tmp_path / "turned.png")])
    x0, y0, x1, y1 = analyses[number].report.findings[0].box
    # Orientation 6 shows the stored rows as columns, from the right: stored (x, y) = (y, 511 - x) displayed.
    assert np.allclose(turned.report.findings[0].box, (y0, 512 - x1, y1, 512 - x0), atol=4)
    assert turned.report.image is not None
    assert turned.report.image.orientation == 6


def test_thumbnail_and_steps_show_a_turned_scan_upright(
    pipeline: Pipeline, analyses: list[Analysis], turned_scan: Path
) -> None:
    (turned,) = pipeline.analyse([Source("t", turned_scan)])
    for name in ("thumbnail", "steps"):
        upright, shown = (
            cv2.imdecode(np.frombuffer(a.images[name], np.uint8), cv2.IMREAD_GRAYSCALE).astype(int)[:, :192]
            for a in (analyses[0], turned)
        )
        assert np.abs(upright - shown).mean() < 2


def test_the_kind_of_the_caller_is_heeded(pipeline: Pipeline, scan_files: list[Path]) -> None:
    (analysis,) = pipeline.analyse([Source("m", scan_files[0], Kind.MAMMOGRAM)])
    assert analysis.report.status is Status.REJECTED
    assert "said to be a mammogram, but its pixels look like a brain MRI" in (analysis.report.reason or "")


def test_a_mammogram_by_its_header_is_refused_for_want_of_a_model_and_named(tmp_path: Path) -> None:
    with Pipeline.load("litert", releases=[load_release("brain-mri")], gate=False) as pipeline:
        scan = generate_slice(0, bits=16)
        header = dicom_header(scan, scan.pixels.astype(np.uint16))
        header.Modality, header.BodyPartExamined = "MG", "BREAST"
        (tmp_path / "mg.dcm").write_bytes(dicom_bytes(header))
        (analysis,) = pipeline.analyse([Source("m", tmp_path / "mg.dcm")])
    assert "no model for this kind of image in this release: mammogram" in (analysis.report.reason or "")
    assert analysis.report.kind is Kind.MAMMOGRAM


def test_a_page_of_text_is_refused_by_its_pixels_and_read_only_without_the_gate(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "page.png"), draw_page(np.random.default_rng(0)))
    (refused,) = pipeline.analyse([Source("p", tmp_path / "page.png")])
    assert refused.report.status is Status.REJECTED
    assert "looks most like a text" in (refused.report.reason or "")
    with Pipeline.load("litert", gate=False) as without:
        (read,) = without.analyse([Source("p", tmp_path / "page.png")])
        assert without.release != pipeline.release
    assert read.report.status is Status.DONE


def test_the_gate_is_part_of_the_release_and_has_a_card(pipeline: Pipeline) -> None:
    gate = load_gate().release
    assert gate.id in pipeline.release
    assert any(card.name == gate.name and "Research use only" in card.text for card in pipeline.cards)


def test_an_error_of_ours_fails_one_scan_and_not_its_neighbours(
    pipeline: Pipeline, scan_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import models.detector

    real = models.detector.conclude

    def breaks_on_b(name: str, *rest: object) -> Analysis:
        if name == "b":
            raise ZeroDivisionError
        return real(name, *rest)

    monkeypatch.setattr(models.detector, "conclude", breaks_on_b)
    first, broken, last = pipeline.analyse([Source(n, scan_files[0]) for n in "abc"])
    assert first.report.status is last.report.status is Status.DONE
    assert broken.report.status is Status.FAILED
    assert "inside OncoQueue" in (broken.report.reason or "")


def test_a_scan_that_breaks_the_network_fails_alone_and_its_batch_is_done(
    pipeline: Pipeline, scan_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = pipeline._detectors[Kind.BRAIN_MRI].engine
    real = engine.predict
    seen: list[int] = []

    def breaks(images: np.ndarray) -> object:
        seen.append(len(images))
        if len(images) > 1 or len(seen) == 3:
            raise MemoryError("no room on the device")
        return real(images)

    monkeypatch.setattr(engine, "predict", breaks)
    reports = [a.report for a in pipeline.analyse([Source(f.name, f) for f in scan_files[:3]])]
    assert [r.status for r in reports] == [Status.DONE, Status.FAILED, Status.DONE]
    assert "the network" in (reports[1].reason or "")


def test_an_interrupt_while_the_network_runs_is_not_taken_for_its_error(
    pipeline: Pipeline, scan_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import signal
    import time

    class SoftLimit(Exception):
        """As Celery's SoftTimeLimitExceeded: an ordinary exception, raised by a signal."""

    def limit(*_: object) -> None:
        raise SoftLimit

    engine = pipeline._detectors[Kind.BRAIN_MRI].engine
    real = engine.predict
    monkeypatch.setattr(engine, "predict", lambda images: (time.sleep(1), real(images))[1])
    before = signal.signal(signal.SIGALRM, limit)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(SoftLimit):
            list(pipeline.analyse([Source("a", scan_files[0])]))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_steps_are_written_as_five_pictures(pipeline: Pipeline, scan_files: list[Path], tmp_path: Path) -> None:
    written = pipeline.write_steps(scan_files[0], tmp_path)
    names = ["raw", "cropped", "denoised", "enhanced", "normalised"]
    assert [p.name for p in written] == [f"scan0-{i}-{n}.png" for i, n in enumerate(names)]
    assert all(cv2.imread(str(p)) is not None for p in written)


def test_many_sources_are_read_as_they_are_needed_and_not_all_at_once(
    pipeline: Pipeline, scan_files: list[Path]
) -> None:
    taken = 0

    def endless() -> Iterator[Source]:
        nonlocal taken
        while True:
            taken += 1
            yield Source(str(taken), scan_files[0])

    results = pipeline.analyse(endless())
    assert next(results).name == "1"
    assert taken < 100
    results.close()
