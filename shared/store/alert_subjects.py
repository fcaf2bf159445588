"""What an alert is about, read for the message that tells it; no file's path and no batch's name is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.errors import NotFoundError
from shared.schemas import AlertView, ScanResult
from shared.states import AlertKind
from shared.store.alerts import get_alert
from shared.store.batches import get_batch
from shared.store.results import stored_result
from shared.tables import AlertMatchRow, ResultRow, ScanRow


@dataclass(frozen=True)
class ToldScan:
    """A scan with its result (of which `path` is empty) and the SHA-256 of its pictures by name."""

    scan_id: int
    result: ScanResult
    images: Mapping[str, str]


@dataclass(frozen=True)
class AlertSubject:
    """An alert with the scans to tell of, the most urgent first, and how many there are in all.

    `counts` of a digest: how many scans of its batch are in each state, without those that no scan is in.
    """

    alert: AlertView
    scans: tuple[ToldScan, ...]
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)


def alert_subject(session: Session, alert_id: int, limit: int) -> AlertSubject:
    """The alert and up to `limit` of its scans. Raises NotFoundError."""
    alert = get_alert(session, alert_id)
    if alert.kind is AlertKind.AT_ONCE:
        return AlertSubject(alert, (_told(session, alert),), 1)
    counts = get_batch(session, alert.batch_id).counts.model_dump()
    of_alert = AlertMatchRow.alert_id == alert_id
    total = session.scalar(select(func.count()).select_from(AlertMatchRow).where(of_alert)) or 0
    query = (
        select(ScanRow.id, ResultRow)
        .join(AlertMatchRow, AlertMatchRow.scan_id == ScanRow.id)
        .join(ResultRow, ScanRow.result_id == ResultRow.id)
        .where(of_alert)
        .order_by(ScanRow.rank, ScanRow.id)
        .limit(limit)
    )
    scans = tuple(_scan(*row) for row in session.execute(query))
    return AlertSubject(alert, scans, total, {state: count for state, count in counts.items() if count})


def _told(session: Session, alert: AlertView) -> ToldScan:
    """The scan of an alert at once, with the result that raised it: a newer one is told by an alert of its own."""
    row = session.scalar(select(ResultRow).where(ResultRow.id == alert.result_id))
    if row is None or alert.scan_id is None:
        raise NotFoundError("result of alert", alert.id)
    return _scan(alert.scan_id, row)


def _scan(scan_id: int, row: ResultRow) -> ToldScan:
    stored = stored_result(row)
    return ToldScan(scan_id, stored.contract(""), stored.images)
