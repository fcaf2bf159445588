from __future__ import annotations

import pytest

from models.judgement import judge_malignancy, urgency
from models.presets import BRAIN_MRI, PRESETS
from models.report import Finding, Kind, Malignancy, Measurements


def finding(malignant: float, diameter: float, unit: str = "mm", reported: bool = True) -> Finding:
    measured = Measurements(
        diameter, diameter / 2, diameter**2 / 2, unit, 0.8, 0.5, 0.9, "centre of the head as displayed"
    )
    return Finding((0, 0, 9, 9), 0.9, reported, "glioma", {}, True, Malignancy("", malignant), measured, ())


def test_malignancy_follows_from_the_type() -> None:
    assert judge_malignancy(BRAIN_MRI, {"glioma": 1.0, "meningioma": 0, "pituitary": 0}).label == "malignant"
    assert judge_malignancy(BRAIN_MRI, {"glioma": 0, "meningioma": 1.0, "pituitary": 0}).label == "benign"


def test_a_type_in_doubt_gives_an_uncertain_malignancy() -> None:
    judged = judge_malignancy(BRAIN_MRI, {"glioma": 0.5, "meningioma": 0.5, "pituitary": 0})
    assert judged.label == "uncertain"
    assert judged.probability == pytest.approx(0.48)


def test_malignant_and_large_is_more_urgent() -> None:
    def urgent(*findings: Finding) -> float:
        return urgency(0.9, findings, BRAIN_MRI, 400)

    assert urgent(finding(0.95, 40)) > urgent(finding(0.95, 10)) > urgent(finding(0.01, 10))
    assert urgent(finding(0.01, 10), finding(0.95, 40)) == urgent(finding(0.95, 40))


def test_urgency_stays_within_its_range() -> None:
    assert urgency(1.0, (finding(1.0, 500),), BRAIN_MRI, 400) == pytest.approx(1.0)
    assert urgency(0.0, (finding(1.0, 500),), BRAIN_MRI, 400) == 0


def test_only_reported_findings_raise_the_urgency() -> None:
    assert urgency(0.5, (finding(0.95, 40, reported=False),), BRAIN_MRI, 400) == pytest.approx(0.15)


def test_a_size_in_pixels_is_taken_relative_to_the_head() -> None:
    in_mm = urgency(1.0, (finding(0.5, 40),), BRAIN_MRI, 400)
    assert urgency(1.0, (finding(0.5, 80, "px"),), BRAIN_MRI, 400) == pytest.approx(in_mm)


def test_every_kind_has_a_preset_and_every_type_a_reason() -> None:
    assert set(PRESETS) == set(Kind)
    assert all(set(p.malignant_share) == set(p.reason) for p in PRESETS.values())
