"""What a list of alerts shows of each: what it tells, and how far its deliveries are. A few statements a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.schemas import AlertView, DeliveryView, ScanResult
from shared.store.results import stored_result
from shared.store.transitions import chunks
from shared.tables import AlertMatchRow, AlertRow, BatchRow, DeliveryRow, ResultRow, ScanRow


@dataclass(frozen=True)
class Told:
    """What an alert tells: of how many scans, the highest urgency among them, and from which batch.

    Of one scan also its result and the names of its pictures: those that raised the alert.
    """

    batch_name: str
    scans: int
    urgency: float | None
    result: ScanResult | None = None
    images: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AlertLine:
    """An alert with what it tells and its deliveries, oldest first."""

    alert: AlertView
    told: Told
    deliveries: Sequence[DeliveryView]


def alert_lines(session: Session, alerts: Sequence[AlertView]) -> list[AlertLine]:
    """One line for each of these alerts, in their order."""
    deliveries = _deliveries(session, [alert.id for alert in alerts])
    told = _told(session, alerts)
    return [AlertLine(alert, told[alert.id], deliveries[alert.id]) for alert in alerts]


def count_alerts(session: Session) -> int:
    """How many alerts there are, acknowledged ones as well."""
    return session.scalar(select(func.count()).select_from(AlertRow)) or 0


def _deliveries(session: Session, alert_ids: Sequence[int]) -> defaultdict[int, list[DeliveryView]]:
    found: defaultdict[int, list[DeliveryView]] = defaultdict(list)
    query = select(DeliveryRow).order_by(DeliveryRow.id)
    for part in chunks(alert_ids):
        for row in session.scalars(query.where(DeliveryRow.alert_id.in_(part))):
            found[row.alert_id].append(DeliveryView.model_validate(row))
    return found


def _told(session: Session, alerts: Sequence[AlertView]) -> dict[int, Told]:
    names = _names(session, {alert.batch_id for alert in alerts})
    single = [alert for alert in alerts if alert.scan_id is not None]
    digests = [alert for alert in alerts if alert.scan_id is None]
    results = _results(session, [alert.result_id for alert in single if alert.result_id is not None])
    counts = _counts(session, [alert.id for alert in digests])
    told = {}
    for alert in single:
        result, images = results.get(alert.result_id or 0, (None, frozenset()))
        told[alert.id] = Told(names[alert.batch_id], 1, result.urgency if result else None, result, images)
    for alert in digests:
        told[alert.id] = Told(names[alert.batch_id], *counts.get(alert.id, (0, None)))
    return told


def _names(session: Session, batch_ids: set[int]) -> dict[int, str]:
    query = select(BatchRow.id, BatchRow.name).where(BatchRow.id.in_(batch_ids))
    return {batch_id: name for batch_id, name in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def _results(session: Session, result_ids: Sequence[int]) -> dict[int, tuple[ScanResult, frozenset[str]]]:
    rows = session.scalars(select(ResultRow).where(ResultRow.id.in_(result_ids)))
    found = ((row.id, stored_result(row)) for row in rows)
    return {number: (stored.contract(""), frozenset(stored.images)) for number, stored in found}


def _counts(session: Session, alert_ids: Sequence[int]) -> dict[int, tuple[int, float | None]]:
    """Scans of these digests, and the highest urgency."""
    query = (
        select(AlertMatchRow.alert_id, func.count(), func.max(ScanRow.urgency))
        .join(ScanRow, ScanRow.id == AlertMatchRow.scan_id)
        .where(AlertMatchRow.alert_id.in_(alert_ids))
        .group_by(AlertMatchRow.alert_id)
    )
    return {alert_id: (count, urgency) for alert_id, count, urgency in session.execute(query) if alert_id is not None}
