"""The steps by which an alert that nobody acknowledges reaches further people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from shared.alerting.rule import Rule, Rung
from shared.alerting.rules import unique
from shared.alerting.targets import Target


def merged_ladder(rules: Iterable[Rule]) -> tuple[Rung, ...]:
    """The steps of several rules in the order of time; those of the same time become one."""
    steps: defaultdict[float, list[Target]] = defaultdict(list)
    for rule in rules:
        for rung in rule.escalate:
            steps[rung.after_minutes] += rung.send
    return tuple(Rung(after_minutes=minutes, send=unique(targets)) for minutes, targets in sorted(steps.items()))
