"""Alerts as people see them: listing, details, acknowledging."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from shared.errors import NotFoundError
from shared.schemas import AlertDetails, AlertEventView, AlertView, DeliveryView, Page
from shared.states import AlertEventKind, AlertKind
from shared.store.clock import utc_now
from shared.store.deliveries import cancel_needless
from shared.store.outbox import Event, hold_alerts, record
from shared.store.paging import MAX_ID, page_of, read_id
from shared.store.reasons import one_line
from shared.store.scans import get_scan
from shared.tables import ALERTS, IS_UNACKNOWLEDGED, AlertEventRow, AlertMatchRow, AlertRow, DeliveryRow, ScanRow

NAME_LENGTH = 200
"""Characters of the name of who acknowledges."""

MAX_SCANS = 200
"""Scans of an alert that are named one by one: a digest may speak of thousands."""


def get_alert(session: Session, alert_id: int) -> AlertView:
    """Raises NotFoundError."""
    query = select(AlertRow).where(AlertRow.id == alert_id).execution_options(populate_existing=True)
    row = session.scalar(query) if 0 < alert_id <= MAX_ID else None
    if row is None:
        raise NotFoundError("alert", alert_id)
    return _view(row)


def get_delivery(session: Session, delivery_id: int) -> DeliveryView:
    """Raises NotFoundError."""
    query = select(DeliveryRow).where(DeliveryRow.id == delivery_id).execution_options(populate_existing=True)
    row = session.scalar(query) if 0 < delivery_id <= MAX_ID else None
    if row is None:
        raise NotFoundError("delivery", delivery_id)
    return DeliveryView.model_validate(row)


def list_alerts(
    session: Session,
    open_only: bool = False,
    after: str | None = None,
    limit: int = 50,
    kind: AlertKind | None = None,
) -> Page[AlertView]:
    """Newest first; with `open_only` those that nobody has acknowledged, with `kind` only such. Raises CursorError."""
    query = select(AlertRow).order_by(AlertRow.id.desc()).limit(limit + 1)
    if open_only:
        query = query.where(IS_UNACKNOWLEDGED)
    if kind is not None:
        query = query.where(AlertRow.kind == kind)
    if after is not None:
        query = query.where(AlertRow.id < read_id(after))
    return page_of(session.scalars(query).all(), limit, _view, lambda row: str(row.id))


def count_open(session: Session, kind: AlertKind | None = None) -> int:
    """How many alerts nobody has acknowledged; with `kind` how many of it."""
    query = select(func.count()).select_from(AlertRow).where(IS_UNACKNOWLEDGED)
    if kind is not None:
        query = query.where(AlertRow.kind == kind)
    return session.scalar(query) or 0


def alert_details(session: Session, alert_id: int) -> AlertDetails:
    """The alert with its deliveries, its record, and the scans that it speaks of, the most urgent MAX_SCANS of them.

    Raises NotFoundError.
    """
    alert = get_alert(session, alert_id)
    deliveries = session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.alert_id == alert_id)
        .order_by(DeliveryRow.id)
        .execution_options(populate_existing=True)
    )
    events = session.scalars(select(AlertEventRow).where(AlertEventRow.alert_id == alert_id).order_by(AlertEventRow.id))
    return AlertDetails(
        alert=alert,
        deliveries=[DeliveryView.model_validate(row) for row in deliveries],
        events=[AlertEventView.model_validate(row) for row in events],
        scan_ids=_scan_ids(session, alert),
        scans=1 if alert.scan_id is not None else _count_scans(session, alert_id),
    )


def _scan_ids(session: Session, alert: AlertView) -> list[int]:
    """The one scan, or those of the digest, most urgent first."""
    if alert.scan_id is not None:
        return [alert.scan_id]
    query = select(ScanRow.id).join(AlertMatchRow, AlertMatchRow.scan_id == ScanRow.id)
    query = query.where(AlertMatchRow.alert_id == alert.id).order_by(ScanRow.rank, ScanRow.id).limit(MAX_SCANS)
    return list(session.scalars(query))


def _count_scans(session: Session, alert_id: int) -> int:
    query = select(func.count()).select_from(AlertMatchRow).where(AlertMatchRow.alert_id == alert_id)
    return session.scalar(query) or 0


def alerts_of_scan(session: Session, scan_id: int) -> list[AlertView]:
    """The alerts that speak of the scan or of the same result, newest first. Raises NotFoundError."""
    get_scan(session, scan_id)
    result = select(ScanRow.result_id).where(ScanRow.id == scan_id)
    digests = select(AlertMatchRow.alert_id).where(AlertMatchRow.scan_id == scan_id)
    wanted = or_(AlertRow.result_id.in_(result), AlertRow.id.in_(digests))
    return [_view(row) for row in session.scalars(select(AlertRow).where(wanted).order_by(AlertRow.id.desc()))]


def acknowledge(session: Session, alert_id: int, by: str, now: datetime | None = None) -> AlertView:
    """Someone has seen it: nobody further is told. Who was first stays. Raises NotFoundError."""
    return _acknowledge(session, alert_id, by, now or utc_now(session))


def acknowledge_delivery(session: Session, delivery_id: int, by: str) -> AlertView:
    """Acknowledge the alert of this delivery, as its link does. Raises NotFoundError."""
    delivery = get_delivery(session, delivery_id)
    return _acknowledge(session, delivery.alert_id, by, utc_now(session), delivery_id)


def _acknowledge(session: Session, alert_id: int, by: str, now: datetime, delivery_id: int | None = None) -> AlertView:
    get_alert(session, alert_id)
    if any(not alert.acknowledged for alert in hold_alerts(session, AlertRow.id == alert_id)):
        by = one_line(by, NAME_LENGTH)
        values = {"acknowledged_at": now, "acknowledged_by": by, "escalate_at": None}
        session.execute(update(ALERTS).where(ALERTS.c.id == alert_id).values(values))
        record(session, now, [Event(alert_id, AlertEventKind.ACKNOWLEDGED, by, delivery_id)])
        cancel_needless(session, now, [alert_id])
    return get_alert(session, alert_id)


def _view(row: AlertRow) -> AlertView:
    rules: list[str] = json.loads(row.rules)
    return AlertView(
        id=row.id,
        kind=row.kind,
        rules=rules,
        batch_id=row.batch_id,
        scan_id=row.scan_id,
        result_id=row.result_id,
        rung=row.rung,
        escalate_at=row.escalate_at,
        last_at_once=row.last_at_once,
        created_at=row.created_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
    )
