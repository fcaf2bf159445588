"""Sending again what failed for good: to people whom an alert that nobody has acknowledged did not reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, false, or_, update
from sqlalchemy.orm import Session

from shared.alerting.targets import Target
from shared.states import AlertEventKind, DeliveryState
from shared.store.alerts import get_alert
from shared.store.clock import utc_now
from shared.store.outbox import Event, hold_alerts, record
from shared.tables import AlertRow, DeliveryRow


def resend(session: Session, alert_id: int, now: datetime | None = None) -> frozenset[str]:
    """failed -> pending, for all failed deliveries of the alert; gives the channels that have something to send.

    Of an alert that is acknowledged nothing is sent again. Raises NotFoundError.
    """
    now = now or utc_now(session)
    get_alert(session, alert_id)
    if any(alert.acknowledged for alert in hold_alerts(session, AlertRow.id == alert_id)):
        return frozenset()
    return frozenset(target.channel for target in revive(session, now, alert_id))


def revive(session: Session, now: datetime, alert_id: int, only: Sequence[Target] | None = None) -> frozenset[Target]:
    """failed -> pending, due now and as if never tried, for deliveries of the alert, or of it to `only`; gives those.

    One that may have arrived stays marked as a repeat. The caller holds the alert.
    """
    failed = [DeliveryRow.alert_id == alert_id, DeliveryRow.state == DeliveryState.FAILED]
    if only is not None:
        pairs = [and_(DeliveryRow.channel == one.channel, DeliveryRow.recipient == one.recipient) for one in only]
        failed.append(or_(false(), *pairs))
    values = {"state": DeliveryState.PENDING, "attempt": 0, "queued_at": now, "due_at": now, "reason": None}
    columns = (DeliveryRow.id, DeliveryRow.channel, DeliveryRow.recipient)
    statement = update(DeliveryRow).where(*failed).values(values).returning(*columns)
    rows = session.execute(statement.execution_options(synchronize_session=False)).all()
    found = {delivery_id: Target(channel, recipient) for delivery_id, channel, recipient in rows}
    again = [Event(alert_id, AlertEventKind.QUEUED, f"{found[number]}, again", number) for number in sorted(found)]
    record(session, now, again)
    return frozenset(found.values())
