"""What a scan's result causes: it is noted for each rule that wants it told, and the urgent raise an alert at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.alerting.ladder import merged_ladder
from shared.alerting.matching import is_at_once, matches
from shared.alerting.rule import Rule
from shared.alerting.rules import Policy, unique
from shared.schemas import ScanResult
from shared.states import AlertKind
from shared.store.inserts import insert_new
from shared.store.outbox import NewAlert, raise_alert
from shared.tables import ALERT_MATCHES, AlertMatchRow, AlertRow

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
        | {"at_once": rule.name in told, "digested": False}
        for rule in wanted
    ]
    session.execute(insert_new(session, ALERT_MATCHES), rows)
    return channels


def _tell(
    session: Session, now: datetime, scan: ScanOfResult, urgent: Sequence[Rule]
) -> tuple[frozenset[str], frozenset[str]]:
    """Raise the alert of the result unless there is one; gives the rules whose people are told, and new channels."""
    used = _used(session, scan.batch_id, urgent)
    rules = [rule for rule in urgent if used.get(rule.name, 0) < rule.at_once_limit]
    if not rules:
        return NOBODY, NOBODY
    subject = f"result:{scan.result_id}"
    targets = unique(target for rule in rules for target in rule.send)
    names = [rule.name for rule in rules]
    alert = NewAlert(
        subject=subject,
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
        return _rules_of(session, subject), NOBODY
    return frozenset(names), frozenset(target.channel for target in targets)


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


def _rules_of(session: Session, subject: str) -> frozenset[str]:
    """The rules that the alert of this subject was raised by."""
    rules = session.scalar(select(AlertRow.rules).where(AlertRow.subject == subject))
    return frozenset(json.loads(rules or "[]"))
