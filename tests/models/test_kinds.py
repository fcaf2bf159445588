"""One pipeline for several kinds of image, each with its own network."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.analysis import Source
from models.calibration import UNCALIBRATED
from models.detector import Detector
from models.engines import HeadOutputs
from models.gate.rules import choose_kind
from models.pipeline import Pipeline
from models.preprocessing import Recipe
from models.presets import PRESETS
from models.reading import MAX_PIXELS, Scan
from models.release import Release
from models.report import Kind, Status
from models.subjects import FINDERS, Subject
from models.synthetic import generate_slice
from models.synthetic.dicom import dicom_bytes, dicom_header

HEIGHT, WIDTH = 64, 32


class LeftHalfEngine:
    """Sees one tumour, in the left half of whatever the network is given."""

    name, batch = "fixed", 2

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def predict(self, images: np.ndarray) -> HeadOutputs:
        self.seen.append(images.shape)
        count, rows, columns = len(images), images.shape[1] // 2, images.shape[2] // 2
        region = np.full((count, rows, columns), -8.0)
        region[:, rows // 3 : rows // 2, : columns // 3] = 6.0
        return HeadOutputs(region, np.zeros((count, rows, columns, 2)), np.full(count, 3.0), np.zeros((count, 2)))

    def close(self) -> None:
        pass


def detector(kind: Kind, recipe: Recipe) -> Detector:
    types = tuple(PRESETS[kind].malignant_share)[:2]
    return Detector(Release(Path(), str(kind), "1", types, 0, recipe, UNCALIBRATED, kind), LeftHalfEngine())


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "scan.png"), np.random.default_rng(0).integers(40, 200, (200, 100), np.uint8))
    return tmp_path / "scan.png"


def test_each_scan_of_a_batch_is_read_by_the_network_of_its_kind(picture: Path) -> None:
    square, tall = (
        detector(Kind.BRAIN_MRI, Recipe(size=HEIGHT)),
        detector(Kind.MAMMOGRAM, Recipe(size=HEIGHT, width=WIDTH)),
    )
    kinds = [Kind.MAMMOGRAM, Kind.BRAIN_MRI, Kind.MAMMOGRAM, Kind.CHEST_XRAY]
    with Pipeline([square, tall], 1, MAX_PIXELS) as pipeline:
        found = list(pipeline.analyse(Source(str(i), picture, kind) for i, kind in enumerate(kinds)))
    assert [a.report.kind for a in found] == kinds
    assert [a.report.status for a in found] == [Status.DONE] * 3 + [Status.REJECTED]
    assert [a.report.findings[0].label for a in found[:2]] == ["benign lesion", "glioma"]
    assert {shape[1:] for shape in tall.engine.seen} == {(HEIGHT, WIDTH)}
    assert {shape[1:] for shape in square.engine.seen} == {(HEIGHT, HEIGHT)}


@pytest.mark.parametrize("mirrored", [False, True])
def test_what_the_network_sees_mirrored_is_told_as_displayed(
    mirrored: bool, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "models.preprocessing.FINDERS", {"breast": lambda _: Subject((0, 0, 100, 200), mirrored=mirrored)}
    )
    with Pipeline([detector(Kind.MAMMOGRAM, Recipe(size=HEIGHT, width=WIDTH, subject="breast"))], 1, MAX_PIXELS) as p:
        (analysis,) = p.analyse([Source("m", picture, Kind.MAMMOGRAM)])
    (finding,) = analysis.report.findings
    assert (finding.box[0] > 50) is mirrored
    assert f"{'right' if mirrored else 'left'} of the breast as displayed" in finding.measurements.location


def test_a_candidate_where_the_subject_can_have_none_is_dropped(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = np.zeros((200, 100), bool)
    right[:, 60:] = True
    monkeypatch.setattr("models.preprocessing.FINDERS", {"lungs": lambda _: Subject((0, 0, 100, 200), field=right)})
    with Pipeline([detector(Kind.CHEST_XRAY, Recipe(size=HEIGHT, subject="lungs"))], 1, MAX_PIXELS) as pipeline:
        (analysis,) = pipeline.analyse([Source("c", picture, Kind.CHEST_XRAY)])
    assert analysis.report.status is Status.DONE
    assert analysis.report.findings == ()


def test_a_reader_is_told_what_the_figures_cannot_say(tmp_path: Path) -> None:
    scan = generate_slice(0, bits=16)
    header = dicom_header(scan, scan.pixels.astype(np.uint16))
    header.Modality, header.BodyPartExamined = "DX", "CHEST"
    header.ImagerPixelSpacing = header.PixelSpacing
    del header.PixelSpacing
    (tmp_path / "chest.dcm").write_bytes(dicom_bytes(header))
    with Pipeline([detector(Kind.CHEST_XRAY, Recipe(size=HEIGHT))], 1, MAX_PIXELS) as pipeline:
        (analysis,) = pipeline.analyse([Source("c", tmp_path / "chest.dcm", Kind.CHEST_XRAY)])
    simulated, shadows = analysis.report.caveats
    assert "simulated from CT" in simulated
    assert "shadow on the detector" in shadows


def test_a_kind_is_read_as_soon_as_there_is_a_network_for_it() -> None:
    grey = Scan(np.full((80, 80), 0.5, np.float32), 1, None, None, None, 0.0, "PNG")
    assert choose_kind(grey, Kind.MAMMOGRAM, {Kind.MAMMOGRAM}) is Kind.MAMMOGRAM


def test_every_finder_takes_an_image_without_its_subject_whole() -> None:
    for find in FINDERS.values():
        assert find(np.zeros((100, 140), np.float32)).box == (0, 0, 140, 100)
