"""What others say of our DICOM: dciodvfy of dicom3tools, and the readers of dcmtk."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from shared.cli import cli
from shared.objects import CAPTURE, SEG, SOURCE, SR

KNOWN_FALSE = (
    # pydicom's test files give one UID to study and frame of reference; ours must repeat both, as the scan has them.
    "StudyInstanceUID has same value as FrameOfReferenceUID",
)
SCANS = ("MR_small.dcm", "MR2_UNCR.dcm", "RG1_UNCR.dcm", "CT_small.dcm", "SC_rgb.dcm", "J2K_pixelrep_mismatch.dcm")


def errors(said):
    """The lines of dciodvfy that find fault, less those that are known to be false."""
    found = [line for line in said.splitlines() if line.startswith("Error")]
    return [line for line in found if not any(known in line for known in KNOWN_FALSE)]


@pytest.fixture
def made(make, make_result, others, parsed, finding):
    """All DICOM objects of a scan that comes with pydicom, two findings on it."""

    def build(name, *findings):
        header = parsed(others(name))
        findings = findings or (finding(), finding(x=2, y=2, width=3, height=3, unit="px", certain=False))
        return make(others(name), make_result(*findings, size=(header.Columns, header.Rows)))

    return build


@pytest.mark.parametrize("scan", SCANS)
def test_dciodvfy_finds_no_error(made, tool, scan):
    files = made(scan)
    assert {name: errors(tool("dciodvfy", files[name])) for name in (SR, SEG, CAPTURE)} == {
        SR: [],
        SEG: [],
        CAPTURE: [],
    }


def test_dciodvfy_knows_what_they_are(made, tool):
    files = made("MR_small.dcm")
    kinds = {SR: "Comprehensive3DSR", SEG: "Segmentation", CAPTURE: "SCImage"}
    assert all(kind in tool("dciodvfy", files[name]).splitlines() for name, kind in kinds.items())


def test_dciodvfy_finds_no_error_in_what_is_made_of_other_pictures(make, make_result, encoded, finding, tool):
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64), dtype=np.uint8)
    for picture in (encoded(pixels, "PNG"), encoded(pixels.astype(np.uint16) * 200, "PNG"), encoded(pixels, "JPEG")):
        files = make(picture, make_result(finding()))
        assert [errors(tool("dciodvfy", files[name])) for name in (SOURCE, SR, SEG, CAPTURE)] == [[]] * 4


@pytest.mark.parametrize("kind", ["brain-mri", "mammogram", "chest-xray"])
def test_dciodvfy_finds_no_error_whatever_the_kind_of_image(make, make_result, parsed, finding, tool, tmp_path, kind):
    arguments = ["demo-scans", str(tmp_path / "scans"), "--count", "8", "--no-broken", "--kind", kind]
    made = CliRunner().invoke(cli, arguments)
    assert made.exit_code == 0, made.output
    scans = [path.read_bytes() for path in sorted((tmp_path / "scans").glob("*.dcm"))]
    assert scans
    for scan in {parsed(scan).SOPClassUID: scan for scan in scans}.values():
        header = parsed(scan)
        result = make_result(finding(), size=(header.Columns, header.Rows), kind=kind)
        files = make(scan, result)
        assert [errors(tool("dciodvfy", files[name])) for name in (SR, SEG, CAPTURE)] == [[]] * 3


def test_dciodvfy_finds_no_error_in_a_report_without_findings(make, make_result, others, tool):
    assert errors(tool("dciodvfy", make(others("MR_small.dcm"), make_result())[SR])) == []


def test_dsrdump_reads_the_report(made, tool):
    said = tool("dsrdump", made("MR_small.dcm")[SR])
    for told in ('"Long axis")="14.25" (mm,UCUM', "Image Region", "Tracking Unique Identifier", "Research use only"):
        assert told in said
    assert "E: " not in said


def test_dcmdump_reads_segmentation_and_pictures(made, tool):
    files = made("MR_small.dcm")
    assert "SegmentLabel" in tool("dcmdump", files[SEG])
    assert "[RGB]" in tool("dcmdump", files[CAPTURE])
