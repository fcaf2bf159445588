"""The worklist of a batch: its scans in the order in which they should be looked at, and parts of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, TextClause, func, select, true, tuple_
from sqlalchemy.orm import Session

from shared.schemas import Page, ScanView
from shared.states import WAITING, ScanState
from shared.store.paging import page_of, rank_cursor, read_rank
from shared.tables import HAS_FINDINGS, IS_IN_DOUBT, AlertMatchRow, AlertRow, ScanRow


class Part(StrEnum):
    """Which scans of a batch are looked at; the rest are named after states."""

    ALL = "all"
    FINDINGS = "findings"
    DOUBT = "doubt"
    FAILED = "failed"
    REJECTED = "rejected"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


CONDITIONS: dict[Part, ColumnElement[bool] | TextClause] = {
    Part.ALL: true(),
    Part.FINDINGS: HAS_FINDINGS,
    Part.DOUBT: IS_IN_DOUBT,
    Part.FAILED: ScanRow.state == ScanState.FAILED,
    Part.REJECTED: ScanRow.state == ScanState.REJECTED,
    Part.WAITING: ScanRow.state.in_(WAITING),
    Part.RUNNING: ScanRow.state == ScanState.RUNNING,
    Part.DONE: ScanRow.state == ScanState.DONE,
    Part.CANCELLED: ScanRow.state == ScanState.CANCELLED,
}


@dataclass(frozen=True)
class Found:
    """Scans of a batch with findings that are reported, and with one of those in doubt."""

    findings: int = 0
    doubt: int = 0


@dataclass(frozen=True)
class AlertMark:
    """That an alert about the scan's result was raised, and whether somebody has acknowledged it."""

    alert_id: int
    acknowledged: bool
    is_digest: bool = False


def list_worklist(
    session: Session, batch_id: int, part: Part = Part.ALL, after: str | None = None, limit: int = 50
) -> Page[ScanView]:
    """The most urgent first, those without a result last. Empty where there is no such batch. Raises CursorError."""
    query = select(ScanRow).where(ScanRow.batch_id == batch_id, CONDITIONS[part])
    query = query.order_by(ScanRow.rank, ScanRow.id).limit(limit + 1)
    if after is not None:
        query = query.where(tuple_(ScanRow.rank, ScanRow.id) > read_rank(after))
    rows = session.scalars(query).all()
    return page_of(rows, limit, ScanView.model_validate, lambda row: rank_cursor(row.rank, row.id))


def count_found(session: Session, batch_ids: Collection[int]) -> dict[int, Found]:
    """What was found in each of these batches; counted from entries of two small indexes."""
    findings = _count(session, batch_ids, HAS_FINDINGS)
    doubts = _count(session, batch_ids, IS_IN_DOUBT) if findings else {}
    return {batch_id: Found(findings.get(batch_id, 0), doubts.get(batch_id, 0)) for batch_id in batch_ids}


def _count(session: Session, batch_ids: Collection[int], condition: TextClause) -> dict[int, int]:
    query = select(ScanRow.batch_id, func.count()).where(ScanRow.batch_id.in_(batch_ids), condition)
    return dict(session.execute(query.group_by(ScanRow.batch_id)).all())


def alert_marks(session: Session, scan_ids: Collection[int]) -> dict[int, AlertMark]:
    """How these scans were told: by an alert of their result, which another scan of the same bytes may have raised;
    else by a digest of their batch, the last of several.
    """
    columns = (ScanRow.id, AlertRow.id, AlertRow.acknowledged_at)
    alone = select(*columns).join(AlertRow, AlertRow.result_id == ScanRow.result_id)
    together = select(*columns).join(AlertMatchRow, AlertMatchRow.scan_id == ScanRow.id)
    together = together.join(AlertRow, AlertRow.id == AlertMatchRow.alert_id).order_by(AlertRow.id)
    return {
        scan_id: AlertMark(alert_id, at is not None, is_digest)
        for query, is_digest in ((together, True), (alone, False))
        for scan_id, alert_id, at in session.execute(query.where(ScanRow.id.in_(scan_ids)))
    }
