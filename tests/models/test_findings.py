"""A finding's outline, box and measurements speak of one and the same region."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.candidates import Candidate
from models.findings import describe, field_on, work_frame
from models.geometry import oriented
from models.preprocessing import Prepared, Recipe, prepare
from models.presets import BRAIN_MRI
from models.reading import Scan
from models.release import Release
from models.report import Finding


def prepared_head(shape: tuple[int, int], head: tuple[int, int, int, int], spacing: float | None = None) -> Prepared:
    pixels = np.zeros(shape, np.float32)
    x0, y0, x1, y1 = head
    pixels[y0:y1, x0:x1] = 0.5
    return prepare(Scan(pixels, 1, (spacing, spacing) if spacing else None, None, None, 0.0, "PNG"), Recipe())


def disc(side: int, centre: tuple[int, int], radius: int, hole: int = 0) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    cv2.circle(mask, centre, radius, 1, -1)
    if hole:
        cv2.circle(mask, centre, hole, 0, -1)
    return mask.astype(bool)


def described(mask: np.ndarray, prepared: Prepared, release: Release) -> Finding | None:
    candidate = Candidate(mask, 0.9, np.array([0.8, 0.1, 0.1]), certain=True)
    return describe(candidate, True, prepared, work_frame(prepared), release, BRAIN_MRI)


def filled(finding: Finding, shape: tuple[int, int]) -> np.ndarray:
    return cv2.fillPoly(np.zeros(shape, np.uint8), [np.array(finding.contour, np.int32)], 1)


def test_a_ring_is_measured_with_its_hole_filled_as_its_contour_says(release: Release) -> None:
    prepared = prepared_head((400, 400), (50, 50, 350, 350))
    side = work_frame(prepared).size[0]
    finding = described(disc(side, (160, 160), 60, hole=40), prepared, release)
    assert finding
    area = int(filled(finding, (400, 400)).sum())
    assert finding.measurements.area == area
    assert area == pytest.approx(np.pi * 60**2, rel=0.03)
    assert cv2.boundingRect(filled(finding, (400, 400)))[2:] == (
        finding.box[2] - finding.box[0],
        finding.box[3] - finding.box[1],
    )


def test_what_lies_in_the_padding_is_cut_off_and_a_region_there_is_no_finding(release: Release) -> None:
    prepared = prepared_head((400, 200), (0, 0, 200, 400))  # the square reaches 116 pixels beyond either side
    side = work_frame(prepared).size[0]
    assert described(disc(side, (50, side // 2), 40), prepared, release) is None
    edge = -prepared.frame.crop[0]
    half = described(disc(side, (edge, side // 2), 40), prepared, release)
    assert half
    assert half.box[0] == 0
    assert half.measurements.area == pytest.approx(np.pi * 40**2 / 2, rel=0.06)
    assert half.measurements.area == filled(half, (400, 200)).sum()


def test_a_head_larger_than_the_working_size_is_measured_in_stored_pixels_and_mm(release: Release) -> None:
    for spacing, unit, length in ((None, "px", 800), (0.1, "mm", 80)):
        prepared = prepared_head((2400, 2400), (200, 200, 2200, 2200), spacing)
        frame = work_frame(prepared)
        assert frame.size == (1024, 1024)
        scale = (frame.crop[2] - frame.crop[0]) / 1024
        finding = described(disc(1024, (512, 512), round(400 / scale)), prepared, release)
        assert finding
        assert finding.measurements.unit == unit
        assert finding.measurements.longest_diameter == pytest.approx(length, rel=0.02)
        assert finding.box[2] - finding.box[0] == pytest.approx(800, rel=0.02)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_field_lies_on_the_frame_where_it_lies_in_the_image(orientation: int) -> None:
    prepared = prepared_head((300, 200), (0, 0, 200, 300))
    if orientation == 6:
        prepared = prepare(replace(prepared.scan, orientation=6), Recipe())
    width, height = prepared.frame.displayed_size
    field = np.zeros((height, width), bool)
    field[20:80, 110:] = True
    prepared = replace(prepared, subject=replace(prepared.subject, field=field))
    for frame in (work_frame(prepared), prepared.frame):
        back = frame.unwarp(field_on(prepared, frame).astype(np.float32)) > 0.5
        assert (oriented(back, orientation) != field).mean() < 0.02
        assert field_on(prepared, frame).shape == frame.size[::-1]
        assert not field_on(prepared, frame)[:, -1].any()  # beyond the image


def test_a_subject_without_a_field_can_have_a_finding_anywhere() -> None:
    prepared = prepared_head((300, 200), (0, 0, 200, 300))
    assert field_on(prepared, work_frame(prepared)).all()
