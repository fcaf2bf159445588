from __future__ import annotations

import pytest

from models.errors import ScanRejectedError
from models.gate.decision import CLASSES, Limits, Look, decide
from models.report import Kind, ModelInfo

LIMITS = Limits(known_from=0.4, farthest=2.0, sure_below=0.02)
READABLE = {Kind.BRAIN_MRI}


def look(distance: float = 1.0, **shares: float) -> Look:
    """A look with these probabilities (underscores for hyphens), the rest spread over all classes."""
    named = {name.replace("_", "-"): share for name, share in shares.items()}
    rest = (1 - sum(named.values())) / (len(CLASSES) - len(named))
    return Look({kind: named.get(kind, rest) for kind in CLASSES}, distance, ModelInfo("gate", "1.2"))


def reason(look: Look, told: Kind | None = None) -> str:
    with pytest.raises(ScanRejectedError) as caught:
        decide(look, told, LIMITS, READABLE)
    return caught.value.reason


def test_a_likely_known_kind_with_a_model_passes() -> None:
    assert decide(look(brain_mri=0.9), None, LIMITS) is Kind.BRAIN_MRI


def test_a_likely_known_kind_without_a_model_is_refused_and_told() -> None:
    with pytest.raises(ScanRejectedError, match=r"looks like a chest X-ray \(0\.99, gate 1\.2\), and") as caught:
        decide(look(chest_xray=0.99), None, LIMITS, READABLE)
    assert caught.value.kind is Kind.CHEST_XRAY


def test_another_kind_is_refused_by_its_name_and_the_figure_by_its_model() -> None:
    assert reason(look(photograph=0.97)).endswith("it looks most like a photograph (0.97, gate 1.2).")


def test_what_is_far_from_all_that_is_known_is_refused_however_likely_its_class() -> None:
    assert "unlike the scans that a model here knows" in reason(look(distance=2.1, brain_mri=0.99))


def test_doubt_is_refused_where_nobody_names_the_kind_and_passes_where_someone_does() -> None:
    doubtful = look(brain_mri=0.3, ct=0.5)
    assert "a CT (0.50" in reason(doubtful)
    assert decide(doubtful, Kind.BRAIN_MRI, LIMITS) is Kind.BRAIN_MRI


@pytest.mark.parametrize(
    "doubtful", [look(brain_mri=0.3, ct=0.5), look(distance=3, brain_mri=0.9), look(brain_mri=0.3, mammogram=0.5)]
)
def test_a_reason_says_how_to_name_the_kind_where_naming_it_helps(doubtful: Look) -> None:
    assert reason(doubtful).endswith("or use oncoqueue predict --kind brain-mri.")
    assert decide(doubtful, Kind.BRAIN_MRI, LIMITS) is Kind.BRAIN_MRI


def test_a_reason_names_no_way_that_leads_nowhere() -> None:
    for hopeless in (look(brain_mri=0.01, ct=0.9), look(distance=3, brain_mri=0.001, mammogram=0.95)):
        assert "--kind" not in reason(hopeless)


def test_a_named_kind_that_is_surely_wrong_is_refused_with_both_sides_named() -> None:
    said = reason(look(mammogram=0.98, brain_mri=0.001), Kind.BRAIN_MRI)
    assert said == "This is said to be a brain MRI, but its pixels look like a mammogram (0.98, gate 1.2)."
