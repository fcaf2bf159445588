"""What a scan's result causes: it is noted for each rule that wants it told, and the urgent raise an alert at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.alerting.ladder import merged_ladder
from shared.alerting.matching import is_at_once, matches
from shared.alerting.rule import Rule
from shared.alerting.rules import Policy, unique
from shared.schemas import ScanResult
from shared.states import AlertKind
from shared.store.digests import raise_crowded
from shared.store.inserts import insert_new
from shared.store.outbox import NewAlert, enqueue, hold_alerts, raise_alert
from shared.store.resending import revive
from shared.tables import ALERT_MATCHES, ALERTS, AlertMatchRow, AlertRow

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ScanOfResult:
    """A scan that has just got its result."""

    scan_id: int
    batch_id: int
    result_id: int


def raise_for_scan(
    session: Session, now: datetime, policy: Policy, scan: ScanOfResult, result: ScanResult
) -> frozenset[str]:
    """Note which rules want the scan told, and raise an alert at once where it is that urgent; gives its channels.

    The caller holds the scan's batch, so that nobody else counts its alerts meanwhile.
    """
    wanted = [rule for rule in policy.rules if matches(rule, result)]
    if not wanted:
        return NOBODY
    urgent = [rule for rule in wanted if is_at_once(rule, result)]
    told, channels = _tell(session, now, scan, urgent) if urgent else (NOBODY, NOBODY)
    rows = [
        {"scan_id": scan.scan_id, "rule": rule.name, "batch_id": scan.batch_id}
        | {"urgent": rule in urgent, "at_once": rule.name in told, "digested": False}
        for rule in wanted
    ]
    session.execute(insert_new(session, ALERT_MATCHES), rows)
    for rule in urgent:
        if rule.name not in told:
            channels |= raise_crowded(session, now, rule, scan.batch_id)
    return channels


def _tell(
    session: Session, now: datetime, scan: ScanOfResult, urgent: Sequence[Rule]
) -> tuple[frozenset[str], frozenset[str]]:
    """Raise the alert of the result unless there is one; gives the rules whose people are told, and new channels."""
    used = _used(session, scan.batch_id, urgent)
    rules = [rule for rule in urgent if used.get(rule.name, 0) < rule.at_once_limit]
    if not rules:
        return NOBODY, NOBODY
    targets = unique(target for rule in rules for target in rule.send)
    names = [rule.name for rule in rules]
    alert = NewAlert(
        subject=f"result:{scan.result_id}",
        kind=AlertKind.AT_ONCE,
        rules=names,
        batch_id=scan.batch_id,
        targets=targets,
        scan_id=scan.scan_id,
        result_id=scan.result_id,
        ladder=merged_ladder(rules),
        last_at_once=any(used.get(rule.name, 0) + 1 >= rule.at_once_limit for rule in rules),
    )
    if raise_alert(session, now, alert) is None:
        return _tell_again(session, now, alert)
    return frozenset(names), frozenset(target.channel for target in targets)


def _tell_again(session: Session, now: datetime, alert: NewAlert) -> tuple[frozenset[str], frozenset[str]]:
    """Reach with the alert there is whom it has not reached; gives the rules whose people are told, and new channels.

    Who was told is not told twice, and once somebody has acknowledged it nobody further is told.
    """
    [held] = hold_alerts(session, AlertRow.subject == alert.subject)
    told = _rules_of(session, held.id)
    if held.acknowledged:
        return frozenset(told), NOBODY
    new = enqueue(session, now, held.id, 0, alert.targets) | revive(session, now, held.id, alert.targets)
    rules = json.dumps(list(dict.fromkeys([*told, *alert.rules])))
    session.execute(update(ALERTS).where(ALERTS.c.id == held.id).values(rules=rules))
    return frozenset([*told, *alert.rules]), frozenset(target.channel for target in new)


def _used(session: Session, batch_id: int, rules: Sequence[Rule]) -> dict[str, int]:
    """How many alerts each rule has raised at once from the batch; those of results that were known do not count."""
    query = (
        select(AlertMatchRow.rule, func.count())
        .join(AlertRow, AlertRow.scan_id == AlertMatchRow.scan_id)
        .where(AlertRow.batch_id == batch_id, AlertRow.kind == AlertKind.AT_ONCE)
        .where(AlertMatchRow.at_once, AlertMatchRow.rule.in_([rule.name for rule in rules]))
        .group_by(AlertMatchRow.rule)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _rules_of(session: Session, alert_id: int) -> list[str]:
    """The rules that wanted the alert told."""
    rules: list[str] = json.loads(session.scalar(select(AlertRow.rules).where(AlertRow.id == alert_id)) or "[]")
    return rules
