"""Results in the words of a message."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from shared.schemas import Measurements, ScanResult
from worker.alerts.words import scan_words, size_words, time_words, type_words

LINK = "http://q.example/scans/7"


def size(unit: str) -> Measurements:
    values = {"longest_diameter": 23.44, "short_axis": 15.2, "area": 280, "circularity": 1, "eccentricity": 0}
    return Measurements(**values, unit=unit, solidity=1, location="centre")


def test_a_size_has_its_unit_and_says_when_millimetres_are_not_known():
    assert size_words(size("mm")) == "23.4 x 15.2 mm"
    assert size_words(size("px")) == "23 x 15 px (pixel spacing not known)"


@pytest.mark.parametrize(
    ("label", "certain", "words"),
    [
        ("glioma", True, "Glioma"),
        ("pituitary", True, "Pituitary adenoma"),
        ("meningioma", False, "Meningioma (type in doubt)"),
        ("lung-nodule", True, "Lung nodule"),
    ],
)
def test_a_label_is_a_tumours_name_and_a_type_in_doubt_says_so(label, certain, words):
    assert type_words(label, certain) == words


def test_a_time_is_told_in_utc():
    at = datetime(2026, 11, 23, 9, 31, tzinfo=timezone(timedelta(hours=1)))
    assert time_words(at) == "2026-11-23 08:31 UTC"


def test_only_reported_findings_are_told_what_matters_most_first_and_those_left_out_are_counted():
    finding = {
        "box": (0, 0, 2, 2),
        "score": 0.9,
        "reported": True,
        "label": "glioma",
        "probabilities": {"glioma": 1.0},
        "certain": True,
        "malignancy": {"label": "malignant", "probability": 0.995},
        "measurements": size("mm").model_dump(),
        "contour": [],
    }
    surer = finding | {"label": "meningioma", "score": 0.99, "malignancy": {"label": "benign", "probability": 0.07}}
    quiet = finding | {"reported": False, "label": "meningioma"}
    result = ScanResult.model_validate({"path": "", "status": "done", "findings": [surer, finding, finding, quiet]})
    words = scan_words(7, LINK, result, most=2)
    assert [finding.type for finding in words.findings] == ["Glioma", "Glioma"]
    first = words.findings[0]
    assert (first.type_probability, first.tumour, first.malignancy) == ("> 99 %", "90 %", "> 99 % (malignant)")
    assert words.more == 1
    assert not words.others_in_doubt
    assert words.others == "and 2 more findings"

    doubtful = {"path": "", "status": "done", "findings": [finding, quiet, surer | {"certain": False}]}
    assert scan_words(7, LINK, ScanResult.model_validate(doubtful)).others == "and 1 more finding (in doubt)"

    candidates = ScanResult.model_validate({"path": "", "status": "done", "findings": [quiet]})
    assert scan_words(7, LINK, candidates).findings == ()
    assert scan_words(7, LINK, candidates).others == ""
