"""Which results a rule wants told."""

from __future__ import annotations

from shared.alerting.rule import Rule
from shared.schemas import Finding, ScanResult

IN_DOUBT_PROBABILITY = 0.25
"""Where the type of a finding is in doubt, any type of at least this probability counts."""


def matches(rule: Rule, result: ScanResult) -> bool:
    """Whether the scan meets the rule's conditions, with at least one finding that does."""
    return bool(matched_findings(rule, result))


def matched_findings(rule: Rule, result: ScanResult) -> list[Finding]:
    """The reported findings that the rule is about, best first; none where the scan itself does not meet it."""
    if result.status != "done" or (rule.kinds and result.kind not in rule.kinds):
        return []
    if (result.urgency or 0.0) < rule.min_urgency:
        return []
    return [finding for finding in result.reported if _is_wanted(rule, finding)]


def is_at_once(rule: Rule, result: ScanResult) -> bool:
    """Whether the scan matches and is urgent enough for a message of its own."""
    at_once = rule.at_once_urgency
    return at_once is not None and (result.urgency or 0.0) >= at_once and matches(rule, result)


def _is_wanted(rule: Rule, finding: Finding) -> bool:
    return finding.score >= rule.min_probability and _is_large(rule, finding) and _has_label(rule, finding)


def _is_large(rule: Rule, finding: Finding) -> bool:
    """A finding whose size in mm is unknown may be large."""
    size = finding.measurements
    return size.unit != "mm" or size.longest_diameter >= rule.min_size_mm


def _has_label(rule: Rule, finding: Finding) -> bool:
    if not rule.labels or finding.label in rule.labels:
        return True
    likely = (finding.probabilities.get(label, 0.0) >= IN_DOUBT_PROBABILITY for label in rule.labels)
    return not finding.certain and any(likely)
