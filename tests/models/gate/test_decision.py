from __future__ import annotations

import pytest

from models.errors import ScanRejectedError
from models.gate.decision import CLASSES, Limits, Look, decide
from models.report import Kind

LIMITS = Limits(known_from=0.4, farthest=2.0, sure_below=0.02)


def look(distance: float = 1.0, **shares: float) -> Look:
    """A look with these probabilities (underscores for hyphens), the rest spread over all classes."""
    named = {name.replace("_", "-"): share for name, share in shares.items()}
    rest = (1 - sum(named.values())) / (len(CLASSES) - len(named))
    return Look({kind: named.get(kind, rest) for kind in CLASSES}, distance)


def test_a_likely_known_kind_passes_as_what_it_is() -> None:
    assert decide(look(brain_mri=0.9), None, LIMITS) is Kind.BRAIN_MRI
    assert decide(look(chest_xray=0.9), None, LIMITS) is Kind.CHEST_XRAY


def test_another_kind_is_refused_by_its_name() -> None:
    with pytest.raises(ScanRejectedError, match=r"looks most like a photograph \(0\.97\)"):
        decide(look(photograph=0.97), None, LIMITS)


def test_what_is_far_from_all_that_is_known_is_refused_however_likely_its_class_and_the_way_out_is_named() -> None:
    with pytest.raises(ScanRejectedError, match=r"name the kind: brain-mri"):
        decide(look(distance=2.1, brain_mri=0.99), None, LIMITS)


def test_doubt_is_refused_where_nobody_names_the_kind_and_passes_where_someone_does() -> None:
    doubtful = look(brain_mri=0.3, ct=0.5)
    with pytest.raises(ScanRejectedError, match="a CT"):
        decide(doubtful, None, LIMITS)
    assert decide(doubtful, Kind.BRAIN_MRI, LIMITS) is Kind.BRAIN_MRI


def test_a_named_kind_that_is_surely_wrong_is_refused_with_both_sides_named() -> None:
    with pytest.raises(ScanRejectedError, match=r"said to be a brain MRI, but its pixels look like a mammogram"):
        decide(look(mammogram=0.98, brain_mri=0.001), Kind.BRAIN_MRI, LIMITS)
