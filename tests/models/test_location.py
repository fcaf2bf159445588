"""Where a region lies: thirds of the head as displayed, and the patient's own sides only where a header tells them."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.anatomy import Direction, Directions
from models.candidates import Candidate
from models.findings import describe, work_frame
from models.geometry import inverse_orientation, oriented
from models.location import location
from models.preprocessing import Recipe, prepare
from models.presets import BRAIN_MRI
from models.reading import Scan, read_scan
from models.release import Release
from models.report import Measurements
from models.synthetic import draw_slice
from models.synthetic.dicom import dicom_bytes, dicom_header
from models.synthetic.encoding import ENCODINGS

SIDES = {"R": (-1, 0, 0), "L": (1, 0, 0), "A": (0, -1, 0), "P": (0, 1, 0), "F": (0, 0, -1), "H": (0, 0, 1)}
"""The patient's coordinates as DICOM has them: x to the left, y to the back, z to the head."""
WORDS = (("patient's right", "patient's left"), ("anterior", "posterior"), ("inferior", "superior"))
PAIRS = [pair for pair in itertools.permutations(SIDES, 2) if not np.dot(SIDES[pair[0]], SIDES[pair[1]])]
SLICE = draw_slice(3, size=64, bits=16)


def block(x: int, y: int) -> np.ndarray:
    mask = np.zeros((120, 90), bool)
    mask[y : y + 4, x : x + 4] = True
    return mask


HEAD = np.zeros((120, 90), bool)
HEAD[30:90, 20:80] = True
UPPER_LEFT = block(22, 32)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (22, 32, "upper left of the head as displayed"),
        (48, 58, "centre of the head as displayed"),
        (74, 84, "lower right of the head as displayed"),
        (48, 33, "upper middle of the head as displayed"),
        (22, 58, "left of the head as displayed"),
    ],
)
def test_the_location_is_told_within_the_head(x: int, y: int, words: str) -> None:
    assert location(block(x, y), HEAD) == words


@pytest.mark.parametrize("head", [None, np.zeros((120, 90), bool)])
def test_the_location_without_a_head_is_told_within_the_image(head: np.ndarray | None) -> None:
    assert location(block(2, 2), head) == "upper left of the image as displayed"


def test_near_the_midline_only_the_plane_is_told() -> None:
    axial = Directions(Direction.LEFT, Direction.POSTERIOR)
    assert location(block(48, 58), HEAD, axial) == "centre of the head as displayed (axial)"
    assert location(block(48, 32), HEAD, axial) == "upper middle of the head as displayed (axial: anterior)"


def read(tmp_path: Path, **elements: object) -> Scan:
    """A synthetic DICOM file with `elements` set."""
    header = dicom_header(SLICE, SLICE.pixels)
    for keyword, value in elements.items():
        setattr(header, keyword, value)
    (tmp_path / "scan.dcm").write_bytes(dicom_bytes(header))
    return read_scan(tmp_path / "scan.dcm")


def sides_of(row: str, column: str) -> str:
    """Where the upper left lies, worked out in the patient's coordinates."""
    place = -np.array(SIDES[row]) - np.array(SIDES[column])
    return ", ".join(WORDS[axis][int(place[axis] > 0)] for axis in range(3) if place[axis])


def plane_of(row: str, column: str) -> str:
    return ("sagittal", "coronal", "axial")[int(np.abs(np.cross(SIDES[row], SIDES[column])).argmax())]


@pytest.mark.parametrize(("row", "column"), PAIRS)
@pytest.mark.parametrize("stated_by", ["cosines", "letters", "both"])
def test_every_way_to_lie_in_a_dicom_image_gives_the_patients_sides(
    tmp_path: Path, row: str, column: str, stated_by: str
) -> None:
    elements: dict[str, object] = {}
    if stated_by != "letters":
        elements["ImageOrientationPatient"] = [*SIDES[row], *SIDES[column]]
    if stated_by != "cosines":
        elements["PatientOrientation"] = [row, column]
    words = location(UPPER_LEFT, HEAD, read(tmp_path, **elements).directions)
    assert words == f"upper left of the head as displayed ({plane_of(row, column)}: {sides_of(row, column)})"


def tilted(degrees: float) -> list[float]:
    """An axial slice turned about the axis from right to left."""
    angle = np.radians(degrees)
    return [1, 0, 0, 0, round(float(np.cos(angle)), 5), round(float(-np.sin(angle)), 5)]


def test_a_slightly_oblique_slice_is_named_and_a_very_oblique_one_keeps_only_what_holds(tmp_path: Path) -> None:
    assert read(tmp_path, ImageOrientationPatient=tilted(30)).directions == Directions(
        Direction.LEFT, Direction.POSTERIOR
    )
    oblique = read(tmp_path, ImageOrientationPatient=tilted(45)).directions
    assert oblique == Directions(Direction.LEFT, None)
    assert location(UPPER_LEFT, HEAD, oblique) == "upper left of the head as displayed (patient's right)"


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]},
        {"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]},
        {"ImageOrientationPatient": [2, 0, 0, 0, 1, 0]},
        {"ImageOrientationPatient": [1, 0, 0]},
        {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PatientOrientation": ["R", "P"]},
        {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "AnatomicalOrientationType": "QUADRUPED"},
        {"PatientOrientation": ["LP", "PF"]},
        {"PatientOrientation": ["L", "R"]},
        {"PatientOrientation": ["X", "P"]},
        {"PatientOrientation": "L"},
    ],
)
def test_a_header_that_is_silent_malformed_or_contradicts_itself_tells_no_side(
    tmp_path: Path, elements: dict[str, object]
) -> None:
    assert read(tmp_path, **elements).directions is None


def test_an_oblique_letter_agrees_with_cosines_that_lie_near_it(tmp_path: Path) -> None:
    scan = read(tmp_path, ImageOrientationPatient=tilted(20), PatientOrientation=["L", "PF"])
    assert scan.directions == Directions(Direction.LEFT, Direction.POSTERIOR)


@pytest.mark.parametrize("name", [name for name, e in ENCODINGS.items() if e.suffix != "dcm"])
def test_other_formats_never_tell_a_side(tmp_path: Path, name: str) -> None:
    encoding = ENCODINGS[name]
    made = draw_slice(3, size=64, bits=encoding.bits)
    (tmp_path / "scan").write_bytes(encoding.encode(made, encoding.stored(made.pixels)))
    assert read_scan(tmp_path / "scan").directions is None


def described(scan: Scan, shown: np.ndarray, release: Release) -> Measurements:
    """Of a region given as displayed, all the way through the head's square."""
    prepared = prepare(scan, Recipe())
    frame = work_frame(prepared)
    mask = frame.warp(oriented(shown, inverse_orientation(scan.orientation)).astype(np.float32)) > 0.5
    candidate = Candidate(mask, 0.9, np.array([0.8, 0.1, 0.1]), certain=True)
    finding = describe(candidate, True, prepared, frame, release, BRAIN_MRI)
    assert finding
    return finding.measurements


def shown_head() -> tuple[np.ndarray, np.ndarray]:
    """A head as displayed, off the middle of its image, with a lying ellipse in its upper right."""
    head, lesion = np.zeros((400, 300), np.uint8), np.zeros((400, 300), np.uint8)
    head[60:380, 40:280] = 1
    cv2.ellipse(lesion, (240, 110), (30, 12), 0, 0, 360, 1, -1)
    return head, lesion


@pytest.mark.parametrize("orientation", range(1, 9))
def test_words_and_millimetres_are_those_of_the_image_as_displayed(orientation: int, release: Release) -> None:
    head, lesion = shown_head()
    stored = np.ascontiguousarray(oriented(head, inverse_orientation(orientation)))
    spacing = (0.5, 0.25) if orientation < 5 else (0.25, 0.5)  # (row, column) as stored; always 0.5 down as displayed
    scan = Scan(stored * np.float32(0.5), orientation, spacing, "PixelSpacing", None, 0.0, "PNG")
    found = described(scan, lesion, release)
    assert found.location == "upper right of the head as displayed"
    assert (found.longest_diameter, found.short_axis) == pytest.approx((61 * 0.25, 25 * 0.5), abs=0.5)


def test_a_finding_in_a_dicom_image_has_the_patients_side(release: Release) -> None:
    head, lesion = shown_head()
    directions = Directions(Direction.LEFT, Direction.POSTERIOR)
    scan = Scan(head * np.float32(0.5), 1, None, None, None, 0.0, "DICOM", directions)
    words = "upper right of the head as displayed (axial: patient's left, anterior)"
    assert described(scan, lesion, release).location == words
