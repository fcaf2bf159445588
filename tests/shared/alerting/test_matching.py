from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.alerting.matching import is_at_once, matched_findings, matches
from shared.alerting.rule import Rule

Make = Callable[..., Any]


def rule(**changes: object) -> Rule:
    return Rule.model_validate({"name": "all", "send": ["folder"]} | changes)


def test_an_urgent_tumour_matches_at_once(result: Make) -> None:
    assert matches(rule(), result())
    assert is_at_once(rule(), result())


@pytest.mark.parametrize("changes", [{"status": "rejected"}, {"status": "failed"}, {"findings": []}])
def test_a_scan_without_findings_never_matches(result: Make, changes: dict[str, object]) -> None:
    wide = rule(min_probability=0, min_urgency=0, at_once_urgency=0)
    assert not matches(wide, result(**changes))
    assert not is_at_once(wide, result(**changes))


def test_only_reported_findings_count(result: Make, finding: Make) -> None:
    assert not matches(rule(), result(finding(reported=False)))
    shown, hidden = finding(score=0.8), finding(reported=False)
    assert matched_findings(rule(), result(hidden, shown)) == [shown]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"kinds": ["brain-mri"]}, True),
        ({"kinds": ["mammogram"]}, False),
        ({"min_urgency": 0.8}, True),
        ({"min_urgency": 0.81}, False),
        ({"min_probability": 0.9}, True),
        ({"min_probability": 0.91}, False),
        ({"min_size_mm": 24}, True),
        ({"min_size_mm": 24.1}, False),
        ({"labels": ["glioma", "pituitary"]}, True),
        ({"labels": ["meningioma"]}, False),
    ],
)
def test_each_condition_must_hold(result: Make, conditions: dict[str, object], expected: bool) -> None:
    assert matches(rule(**conditions), result()) is expected


def test_all_conditions_must_hold_of_one_finding(result: Make, finding: Make) -> None:
    large = finding(size=40, label="meningioma")
    small = finding(size=4)
    assert not matches(rule(labels=["glioma"], min_size_mm=20), result(large, small))


def test_a_finding_of_unknown_size_may_be_large(result: Make, finding: Make) -> None:
    assert matches(rule(min_size_mm=50), result(finding(size=3, unit="px")))


def test_a_type_in_doubt_matches_where_it_may_be_the_one(result: Make, finding: Make) -> None:
    wanted = rule(labels=["meningioma"])
    likely = {"glioma": 0.6, "meningioma": 0.25}
    assert matches(wanted, result(finding(certain=False, probabilities=likely)))
    assert not matches(wanted, result(finding(certain=True, probabilities=likely)))
    assert not matches(wanted, result(finding(certain=False, probabilities={"glioma": 0.6, "meningioma": 0.24})))
    assert not matches(wanted, result(finding(certain=False, probabilities={"glioma": 1.0})))


def test_less_urgent_scans_wait_for_the_digest(result: Make) -> None:
    assert matches(rule(), result(urgency=0.69))
    assert not is_at_once(rule(), result(urgency=0.69))
    assert is_at_once(rule(), result(urgency=0.7))
    assert not is_at_once(rule(at_once_urgency="never"), result(urgency=1))


def test_what_does_not_match_is_not_sent_at_once(result: Make) -> None:
    assert not is_at_once(rule(labels=["pituitary"]), result(urgency=1))
