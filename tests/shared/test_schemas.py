from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.schemas import BatchCreate, BatchView, Page, ScanRegister, ScanResult
from shared.states import ACTIVE, FINAL, RETRYABLE, WAITING, Priority, ScanState

FINDING: dict[str, Any] = {
    "box": [1, 2, 30, 40],
    "score": 0.9,
    "reported": True,
    "label": "glioma",
    "probabilities": {"glioma": 0.8, "meningioma": 0.15, "pituitary": 0.05},
    "certain": True,
    "malignancy": {"label": "malignant", "probability": 0.8},
    "measurements": {
        "longest_diameter": 31.5,
        "short_axis": 20.0,
        "area": 480.0,
        "unit": "mm",
        "circularity": 0.8,
        "eccentricity": 0.6,
        "solidity": 0.95,
        "location": "left, upper",
    },
    "contour": [[1, 2], [30, 2], [30, 40]],
}
RESULT: dict[str, Any] = {
    "path": "a/b.png",
    "status": "done",
    "reason": None,
    "kind": "brain-mri",
    "model": {"name": "brain", "version": "1"},
    "tumor_probability": 0.97,
    "urgency": 0.7,
    "image": {"width": 512, "height": 400, "pixel_spacing_mm": [0.5, 0.5], "orientation": 6, "pixel_aspect": 1.0},
    "findings": [FINDING],
    "caveats": ["Sizes are those of the shadow on the detector."],
    "volume": {
        "slices": 20,
        "analysed": 18,
        "slice": 7,
        "slice_spacing_mm": 5.0,
        "frame": 13,
        "file": None,
        "lesions": [
            {
                "label": "glioma",
                "score": 0.8,
                "reported": True,
                "probabilities": {"glioma": 0.9, "meningioma": 0.1},
                "certain": True,
                "malignancy": {"label": "malignant", "probability": 0.86},
                "slices": [7, 9],
                "largest_slice": 8,
                "volume_ml": 7.66,
                "craniocaudal_mm": 15.0,
                "longest_diameter": 35.8,
                "short_axis": 24.2,
                "unit": "mm",
                "location": "left, upper",
            }
        ],
    },
}


def test_a_result_keeps_every_key_of_the_contract() -> None:
    assert json.loads(ScanResult.model_validate(RESULT).model_dump_json()) == RESULT


def test_a_rejected_result_has_the_same_keys() -> None:
    result = ScanResult(path="a.txt", status="rejected", reason="This is not an image.")
    assert list(result.model_dump()) == list(RESULT)


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "running"},
        {"tumor_probability": 1.5},
        {"urgency": float("nan")},
        {"findings": [{**FINDING, "box": [1]}]},
    ],
)
def test_a_result_outside_the_contract_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScanResult.model_validate(RESULT | broken)


def test_a_batch_is_routine_unless_it_says_otherwise() -> None:
    assert BatchCreate(name="night").priority is Priority.ROUTINE


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": "a\x00b"}, {"name": "a\ud800"}, {"name": "n", "urgent": True}, {"name": "x" * 201}]
)
def test_a_batch_with_a_bad_name_or_an_unknown_key_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BatchCreate.model_validate(body)


@pytest.mark.parametrize("sha256", ["", "ab", "g" * 64, "A" * 64, "a" * 64 + "\n"])
def test_a_hash_is_64_hexadecimal_digits(sha256: str) -> None:
    with pytest.raises(ValidationError):
        ScanRegister(path="a.png", sha256=sha256)


def test_a_page_names_the_next_one() -> None:
    assert Page[int](items=[1, 2], next="2").model_dump() == {"items": [1, 2], "next": "2"}


def test_what_is_sent_out_may_get_more_keys_later() -> None:
    assert "version" in BatchView.model_fields
    assert ScanResult.model_validate(RESULT | {"added_later": 1}).path == "a/b.png"


def test_the_states_are_divided_without_a_rest() -> None:
    assert set(ScanState) == ACTIVE | FINAL
    assert not ACTIVE & FINAL
    assert WAITING < ACTIVE
    assert RETRYABLE < FINAL


def finding(label: str, score: float, malignant: float, reported: bool = True) -> dict[str, Any]:
    malignancy = {"label": "uncertain", "probability": malignant}
    return {**FINDING, "label": label, "score": score, "malignancy": malignancy, "reported": reported}


@pytest.mark.parametrize(
    ("findings", "order"),
    [
        ([finding("meningioma", 0.97, 0.07), finding("glioma", 0.9, 0.9)], ["glioma", "meningioma"]),
        ([finding("glioma", 0.99, 0.9, reported=False), finding("meningioma", 0.5, 0.1)], ["meningioma"]),
        ([finding("glioma", 0.4, 0.5), finding("pituitary", 0.5, 0.4)], ["pituitary", "glioma"]),
        ([finding("glioma", 0.5, 0.5), finding("pituitary", 0.5, 0.5)], ["glioma", "pituitary"]),
        ([], []),
    ],
    ids=["malignancy outweighs score", "only reported ones", "equal weight: score", "equal in all: as given", "none"],
)
def test_the_finding_that_matters_most_leads(findings: list[dict[str, Any]], order: list[str]) -> None:
    result = ScanResult.model_validate(RESULT | {"findings": findings})
    assert [one.label for one in result.by_weight] == order
    assert (result.leading.label if result.leading else None) == next(iter(order), None)
    assert [one.label for one in result.findings] == [one["label"] for one in findings]
