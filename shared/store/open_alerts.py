"""Alerts that wait for somebody, for pages that stay open."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.schemas import AlertView
from shared.states import AlertKind
from shared.store.alerts import get_alert
from shared.tables import IS_UNACKNOWLEDGED, AlertRow, ScanRow


def most_urgent_open(session: Session, limit: int) -> list[AlertView]:
    """Unacknowledged at-once alerts, the most urgent scan first, of equal ones the newest; one statement for each."""
    query = (
        select(AlertRow.id)
        .join(ScanRow, ScanRow.id == AlertRow.scan_id)
        .where(IS_UNACKNOWLEDGED, AlertRow.kind == AlertKind.AT_ONCE)
        .order_by(func.coalesce(ScanRow.urgency, 0.0).desc(), AlertRow.id.desc())
        .limit(limit)
    )
    return [get_alert(session, alert_id) for alert_id in session.scalars(query).all()]


def alerts_mark(session: Session) -> tuple[int, int]:
    """How many are open, and the newest id: differs whenever an alert was raised or acknowledged meanwhile.

    Nothing else could undo a difference: what is acknowledged stays so, and ids only grow.
    """
    opened = select(func.count()).select_from(AlertRow).where(IS_UNACKNOWLEDGED).scalar_subquery()
    newest = select(func.coalesce(func.max(AlertRow.id), 0)).scalar_subquery()
    count, last = session.execute(select(opened, newest)).one()
    return count, last
