"""Putting into the outbox: alerts with their deliveries and the record of both, each only once.

Who changes an alert, or a delivery as its alert allows, holds the alert's row first: after scans and batches.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, TextClause, insert, select
from sqlalchemy.orm import Session

from shared.alerting.rule import Rung
from shared.alerting.targets import Target
from shared.states import AlertEventKind, AlertKind, DeliveryState
from shared.store.inserts import insert_new
from shared.store.reasons import one_line
from shared.tables import ALERT_EVENTS, ALERTS, DELIVERIES, AlertRow

_LADDER = TypeAdapter(tuple[Rung, ...])


@dataclass(frozen=True)
class NewAlert:
    """An alert to raise unless there is one of its subject: see AlertRow."""

    subject: str
    kind: AlertKind
    rules: Sequence[str]
    batch_id: int
    targets: Sequence[Target]
    scan_id: int | None = None
    result_id: int | None = None
    ladder: tuple[Rung, ...] = ()
    last_at_once: bool = False


@dataclass(frozen=True)
class HeldAlert:
    """An alert as it is, and stays until this transaction ends unless we change it."""

    id: int
    ladder: tuple[Rung, ...]
    rung: int
    escalate_at: datetime | None
    created_at: datetime
    acknowledged: bool

    def due_after(self, rung: int, now: datetime) -> datetime | None:
        """When the step of escalation after this one, which is taken now, is due; None where there is none.

        People have as long to answer as the ladder gives them, also where this step comes late.
        """
        if rung == len(self.ladder):
            return None
        minutes = self.ladder[rung].after_minutes
        return max(
            self.created_at + timedelta(minutes=minutes),
            now + timedelta(minutes=minutes - self.ladder[rung - 1].after_minutes),
        )


@dataclass(frozen=True)
class Event:
    """Something to record of an alert."""

    alert_id: int
    kind: AlertEventKind
    detail: str | None = None
    delivery_id: int | None = None


def raise_alert(session: Session, now: datetime, alert: NewAlert) -> int | None:
    """Keep the alert with a pending delivery for each target, and give its id; None where it was raised before."""
    values = {
        "subject": alert.subject,
        "kind": alert.kind,
        "rules": json.dumps(list(alert.rules)),
        "batch_id": alert.batch_id,
        "scan_id": alert.scan_id,
        "result_id": alert.result_id,
        "ladder": _LADDER.dump_json(alert.ladder).decode(),
        "rung": 0,
        "escalate_at": now + timedelta(minutes=alert.ladder[0].after_minutes) if alert.ladder else None,
        "last_at_once": alert.last_at_once,
        "created_at": now,
    }
    alert_id = session.execute(insert_new(session, ALERTS).returning(ALERTS.c.id), [values]).scalar_one_or_none()
    if alert_id is not None:
        enqueue(session, now, alert_id, 0, alert.targets)
    return alert_id


def enqueue(session: Session, now: datetime, alert_id: int, rung: int, targets: Sequence[Target]) -> frozenset[Target]:
    """A pending delivery, due now, for each target that has none of this alert; gives those."""
    rows = [_delivery(now, alert_id, rung, target) for target in targets]
    columns = (DELIVERIES.c.id, DELIVERIES.c.channel, DELIVERIES.c.recipient)
    new = session.execute(insert_new(session, DELIVERIES).returning(*columns), rows).all()
    found = {delivery_id: Target(channel, recipient) for delivery_id, channel, recipient in new}
    queued = [Event(alert_id, AlertEventKind.QUEUED, str(target), number) for number, target in sorted(found.items())]
    record(session, now, queued)
    return frozenset(found.values())


def _delivery(now: datetime, alert_id: int, rung: int, target: Target) -> dict[str, object]:
    return {
        "alert_id": alert_id,
        "channel": target.channel,
        "recipient": target.recipient,
        "key": secrets.token_hex(16),
        "state": DeliveryState.PENDING,
        "rung": rung,
        "attempt": 0,
        "repeat": False,
        "queued_at": now,
        "due_at": now,
        "created_at": now,
    }


def record(session: Session, now: datetime, events: Sequence[Event]) -> None:
    """Add to the record of alerts."""
    rows = [
        {
            "alert_id": event.alert_id,
            "delivery_id": event.delivery_id,
            "at": now,
            "kind": event.kind,
            "detail": event.detail and one_line(event.detail),
        }
        for event in events
    ]
    if rows:
        session.execute(insert(ALERT_EVENTS), rows)


def hold_alerts(
    session: Session, *conditions: ColumnElement[bool] | TextClause, skip_locked: bool = False
) -> list[HeldAlert]:
    """The alerts that meet the conditions. Waits for those that others hold, or leaves them out.

    A delivery or an event that refers to the alert may be written meanwhile (`key_share`).
    """
    query = (
        select(
            AlertRow.id,
            AlertRow.ladder,
            AlertRow.rung,
            AlertRow.escalate_at,
            AlertRow.created_at,
            AlertRow.acknowledged_at.is_not(None),
        )
        .where(*conditions)
        .with_for_update(key_share=True, skip_locked=skip_locked)
    )
    return [
        HeldAlert(alert_id, _LADDER.validate_json(ladder), rung, escalate_at, created_at, acknowledged)
        for alert_id, ladder, rung, escalate_at, created_at, acknowledged in session.execute(query)
    ]
