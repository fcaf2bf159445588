"""The printed page: one page, the figures of the other pages, nothing of the patient."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from base64 import a85decode

import pytest

from shared.objects import PDF
from worker.objects.case import Case
from worker.objects.identity import Identity
from worker.objects.source import read_source
from worker.objects.wording import MOST_ROWS, lesion_rows, remarks


@pytest.fixture
def page(make, make_result, others):
    """The bytes of a page about findings on a small MR slice."""
    return lambda *findings, **update: make(others("MR_small.dcm"), make_result(*findings, **update))[PDF]


def words(pdf):
    """The text of a page: ReportLab writes it as plain strings into its compressed stream."""
    streams = re.findall(rb"stream\r?\n(.+?)endstream", pdf, re.DOTALL)
    drawn = b"\n".join(inflated(stream) for stream in streams)
    shown = re.findall(rb"\(((?:[^()\\]|\\.)*)\)\s*Tj", drawn)
    return re.sub(r"\s+", " ", b" ".join(shown).decode("cp1252").replace("\\(", "(").replace("\\)", ")"))


def inflated(stream):
    try:
        return zlib.decompress(a85decode(stream.strip(), adobe=False) if b"~>" not in stream else ascii85(stream))
    except (ValueError, zlib.error):
        return b""  # the picture


def ascii85(stream):
    return a85decode(stream.strip().removesuffix(b"~>"))


def pages(pdf):
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def test_the_page_tells_the_figures_with_units_the_model_and_what_it_is_not_for(page, finding):
    text = words(page(finding(), finding(x=40, certain=False), caveats=["Simulated X-rays only."]))
    for told in (
        *("Research use only", "brain-mri 0.2.0", "brain-mri-0.2.0-0123456789ab", "97 %", "0.66"),
        *("14.2 x 8.5 mm", "96 mm2", "85 % malignant", "91 %", "glioma?", "upper left quadrant"),
        *("Simulated X-rays only.", "in doubt"),
    ):
        assert told in text, (told, text)


def test_the_page_holds_nothing_of_the_patient_nor_the_path(make, make_result, others, changed, finding):
    def name(header):
        header.PatientName, header.PatientID, header.AccessionNumber = "Zyxwvut^Anna", "ID-4711", "ACC-1"

    pdf = make(changed(others("MR_small.dcm"), name), make_result(finding()))[PDF]
    text = words(pdf)
    assert "brain-mri" in text
    for private in ("Zyxwvut", "ID-4711", "ACC-1", "DOE", "scan.dcm"):
        assert private not in text
        assert private.encode() not in pdf


def test_many_lesions_and_caveats_stay_on_one_page(page, finding):
    many = [finding(x=i) for i in range(50)]
    pdf = page(*many, caveats=["A sentence that a reader must know beside the figures, at length. " * 6] * 20)
    assert pages(pdf) == 1
    assert f"And {50 - MOST_ROWS} more regions" in words(pdf)


def test_nothing_reported_is_told_without_a_table(page):
    text = words(page())
    assert "No region is reported. That does not exclude a lesion." in text
    assert "Most likely" not in text


def test_names_of_types_are_text_and_not_markup(page, finding):
    odd = finding().model_copy(update={"label": "<b>x</b>&\u4e2d"})
    assert "<b>x</b>&?" in words(page(odd)).replace(" ", "")


def test_the_same_result_gives_the_same_bytes(page, finding):
    assert page(finding()) == page(finding())


def test_sizes_without_a_spacing_are_in_pixels(make_result, others, finding):
    data = others("MR_small.dcm")
    identity = Identity.of(data, "release", "brain-mri")
    result = make_result(finding(unit="px"))
    case = Case(read_source(data, identity), result, identity)
    (row,) = lesion_rows(case)
    assert row[5:7] == ("14 x 8 px", "96 px")
    assert any("calibrated" in sentence for sentence in remarks(case))


def test_other_readers_of_pdf_read_it(page, finding, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: it is in Debian's poppler-utils.")
    file = tmp_path / "page.pdf"
    file.write_bytes(page(finding()))
    done = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True, timeout=60)
    assert "Research use only" in done.stdout
    assert done.stderr == ""
