"""Scans: adding, listing, cancelling, retrying."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from shared.errors import ConflictError, NotFoundError
from shared.schemas import Page, ScanEvent, ScanView
from shared.states import ACTIVE, RETRYABLE, ScanState
from shared.store.batches import get_batch
from shared.store.clock import utc_now
from shared.store.paging import MAX_ID, page_of, rank_cursor, read_id, read_rank
from shared.store.transitions import Change, afresh, apply, chunks, hold, hold_ids
from shared.tables import IS_WAITING, EventRow, ScanRow


class ScanOrder(StrEnum):
    """Orders of a listing: by id, or most urgent first with those without a result last."""

    ID = "id"
    WORKLIST = "worklist"


def get_scan(session: Session, scan_id: int) -> ScanView:
    """Raises NotFoundError."""
    query = select(ScanRow).where(ScanRow.id == scan_id).execution_options(populate_existing=True)
    row = session.scalar(query) if 0 < scan_id <= MAX_ID else None
    if row is None:
        raise NotFoundError("scan", scan_id)
    return ScanView.model_validate(row)


def list_scans(
    session: Session,
    batch_id: int,
    state: ScanState | None = None,
    order: ScanOrder = ScanOrder.ID,
    after: str | None = None,
    *,
    limit: int = 100,
) -> Page[ScanView]:
    """Scans of a batch, by keyset. Raises NotFoundError, CursorError."""
    get_batch(session, batch_id)
    query = select(ScanRow).where(ScanRow.batch_id == batch_id).limit(limit + 1)
    if state is not None:
        query = query.where(ScanRow.state == state)
    if order is ScanOrder.ID:
        query = query.order_by(ScanRow.id)
        query = query if after is None else query.where(ScanRow.id > read_id(after))
    else:
        query = query.order_by(ScanRow.rank, ScanRow.id)
        query = query if after is None else query.where(tuple_(ScanRow.rank, ScanRow.id) > read_rank(after))
    return page_of(session.scalars(query).all(), limit, ScanView.model_validate, _CURSORS[order])


def _id_cursor(row: ScanRow) -> str:
    return str(row.id)


def _worklist_cursor(row: ScanRow) -> str:
    return rank_cursor(row.rank, row.id)


_CURSORS = {ScanOrder.ID: _id_cursor, ScanOrder.WORKLIST: _worklist_cursor}


def cancel_scan(session: Session, scan_id: int) -> ScanView:
    """received | queued | running -> cancelled; a cancelled one stays so. Raises NotFoundError, ConflictError."""
    get_scan(session, scan_id)
    held = hold(session, ScanRow.id == scan_id, ScanRow.state.in_(ACTIVE))
    apply(session, utc_now(session), Change(held, ScanState.CANCELLED))
    scan = get_scan(session, scan_id)
    if scan.state is not ScanState.CANCELLED:
        raise ConflictError(f"Scan {scan_id} is {scan.state}: there is nothing left to cancel.")
    return scan


def retry_scan(session: Session, scan_id: int) -> ScanView:
    """failed | cancelled -> received, to be sent by the caller. Raises NotFoundError, ConflictError."""
    scan = get_scan(session, scan_id)
    held = hold(session, ScanRow.id == scan_id, ScanRow.state.in_(RETRYABLE))
    if not held:
        raise ConflictError(f"Scan {scan_id} is {scan.state}: only a failed or cancelled one can be tried again.")
    now = utc_now(session)
    apply(session, now, Change(held, ScanState.RECEIVED, values=afresh(now)))
    return get_scan(session, scan_id)


def mark_queued(session: Session, scan_ids: Sequence[int]) -> int:
    """received -> queued, after a message about them was sent; gives how many changed.

    Of those that are queued already, it notes that a message was sent again.
    """
    now = utc_now(session)
    held = hold_ids(session, scan_ids, IS_WAITING)
    for part in chunks([scan.scan_id for scan in held if scan.state is ScanState.QUEUED]):
        session.execute(update(ScanRow).where(ScanRow.id.in_(part)).values(sent_at=now))
    received = [scan for scan in held if scan.state is ScanState.RECEIVED]
    apply(session, now, Change(received, ScanState.QUEUED, values={"sent_at": now}))
    return len(received)


def scan_history(session: Session, scan_id: int) -> list[ScanEvent]:
    """All changes of the scan's state, oldest first. Raises NotFoundError."""
    get_scan(session, scan_id)
    rows = session.scalars(select(EventRow).where(EventRow.scan_id == scan_id).order_by(EventRow.id))
    return [ScanEvent.model_validate(row) for row in rows]
