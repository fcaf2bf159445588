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

    Of a digest: `counts` says how many scans of its batch are in each state, without those that no scan is in;
    `finished` whether the batch is, and `told` how many of its scans the same rules have told one by one.
    """

    alert: AlertView
    scans: tuple[ToldScan, ...]
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)
    finished: bool = True
    told: int = 0


def alert_subject(session: Session, alert_id: int, limit: int) -> AlertSubject:
    """The alert and up to `limit` of its scans. Raises NotFoundError."""
    alert = get_alert(session, alert_id)
    if alert.kind is AlertKind.AT_ONCE:
        return AlertSubject(alert, (_told(session, alert),), 1)
    batch = get_batch(session, alert.batch_id)
    counts = batch.counts.model_dump()
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
    counted = {state: count for state, count in counts.items() if count}
    return AlertSubject(alert, scans, total, counted, batch.finished, _told_alone(session, alert))


def _told_alone(session: Session, alert: AlertView) -> int:
    of_rules = (AlertMatchRow.batch_id == alert.batch_id, AlertMatchRow.rule.in_(alert.rules))
    query = select(func.count(AlertMatchRow.scan_id.distinct())).where(*of_rules, AlertMatchRow.at_once)
    return session.scalar(query) or 0


def _told(session: Session, alert: AlertView) -> ToldScan:
    """The scan of an alert at once, with the result that raised it: a newer one is told by an alert of its own."""
    row = session.scalar(select(ResultRow).where(ResultRow.id == alert.result_id))
    if row is None or alert.scan_id is None:
        raise NotFoundError("result of alert", alert.id)
    return _scan(alert.scan_id, row)


def _scan(scan_id: int, row: ResultRow) -> ToldScan:
    stored = stored_result(row)
    return ToldScan(scan_id, stored.contract(""), stored.images)
