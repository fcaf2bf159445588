"""Escalation: an alert that nobody acknowledges reaches further people, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.alerting.targets import Target
from shared.states import AlertEventKind, DeliveryState
from shared.store.clock import utc_now
from shared.store.outbox import Event, HeldAlert, enqueue, hold_alerts, record
from shared.tables import ESCALATES, AlertRow, DeliveryRow


def escalate_due(session: Session, now: datetime | None = None) -> frozenset[str]:
    """Tell the next people of all alerts whose time has come; gives the channels that have something to send."""
    now = now or utc_now(session)
    due = hold_alerts(session, ESCALATES, AlertRow.escalate_at <= now, skip_locked=True)
    return frozenset(target.channel for alert in due for target in _escalate(session, now, alert))


def _escalate(session: Session, now: datetime, alert: HeldAlert) -> frozenset[Target]:
    """Take the next step. One whose people all were told before is only counted; with all of those tries failed for
    good it is as if it were not there.
    """
    states = _states(session, alert.id)
    rung, told = alert.rung, frozenset[Target]()
    for rung in range(alert.rung + 1, len(alert.ladder) + 1):
        send = alert.ladder[rung - 1].send
        told = enqueue(session, now, alert.id, rung, send)
        if told or not _all_failed(states, send):
            break
    if told:
        names = ", ".join(str(target) for target in sorted(told))
        record(session, now, [Event(alert.id, AlertEventKind.ESCALATED, f"Step {rung}: {names}")])
    _set(session, alert.id, rung=rung, escalate_at=alert.due_after(rung, now))
    return told


def escalate_unreached(session: Session, now: datetime, alert: HeldAlert) -> None:
    """Make the next step due at once where everyone of the last one failed for good: nobody has read the alert."""
    if alert.escalate_at is None:
        return
    if alert.rung == 0:
        query = select(DeliveryRow.state).where(DeliveryRow.alert_id == alert.id, DeliveryRow.rung == 0)
        unreached = set(session.scalars(query)) == {DeliveryState.FAILED}
    else:
        unreached = _all_failed(_states(session, alert.id), alert.ladder[alert.rung - 1].send)
    if unreached:
        _set(session, alert.id, escalate_at=min(now, alert.escalate_at))


def _all_failed(states: Mapping[Target, DeliveryState], targets: tuple[Target, ...]) -> bool:
    return all(states.get(target) is DeliveryState.FAILED for target in targets)


def _states(session: Session, alert_id: int) -> dict[Target, DeliveryState]:
    query = select(DeliveryRow.channel, DeliveryRow.recipient, DeliveryRow.state)
    rows = session.execute(query.where(DeliveryRow.alert_id == alert_id))
    return {Target(channel, recipient): state for channel, recipient, state in rows}


def _set(session: Session, alert_id: int, **values: object) -> None:
    statement = update(AlertRow).where(AlertRow.id == alert_id).values(values)
    session.execute(statement.execution_options(synchronize_session=False))
