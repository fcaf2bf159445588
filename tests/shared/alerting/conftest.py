"""Results to match rules against."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.schemas import Finding, Malignancy, Measurements, ScanResult


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """A reported finding: a glioma of 24 mm, for certain."""

    def make(size: float = 24.0, unit: str = "mm", **changes: object) -> Finding:
        measured = Measurements.model_validate(
            {"longest_diameter": size, "short_axis": 9, "area": 100, "unit": unit}
            | {"circularity": 0.8, "eccentricity": 0.5, "solidity": 0.9, "location": "left"}
        )
        whole = Finding(
            box=(0, 0, 4, 4),
            score=0.9,
            reported=True,
            label="glioma",
            probabilities={"glioma": 0.8, "meningioma": 0.2},
            certain=True,
            malignancy=Malignancy(label="malignant", probability=0.9),
            measurements=measured,
            contour=[(0, 0), (3, 0), (3, 3)],
        )
        return whole.model_copy(update=changes)

    return make


@pytest.fixture
def result(finding: Callable[..., Finding]) -> Callable[..., ScanResult]:
    """A scan with an urgent glioma."""

    def make(*findings: Finding, **changes: object) -> ScanResult:
        values = {"path": "a.png", "status": "done", "kind": "brain-mri", "urgency": 0.8}
        return ScanResult.model_validate(values | {"findings": findings or [finding()]} | changes)

    return make
