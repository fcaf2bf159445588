"""Batches: creating, closing, cancelling, retrying."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from sqlalchemy import select, true, update
from sqlalchemy.orm import Session

from shared.errors import NotFoundError
from shared.schemas import BatchCreate, BatchView, Counts, Page
from shared.states import ACTIVE, RETRYABLE, BatchState, ScanState
from shared.store.clock import utc_now
from shared.store.inserts import insert_new
from shared.store.paging import MAX_ID, page_of, read_id
from shared.store.transitions import Change, afresh, apply, hold
from shared.tables import BATCHES, IS_OPEN, BatchRow, ScanRow


def create_batch(session: Session, request: BatchCreate) -> tuple[BatchView, bool]:
    """A new open batch and True; or the open batch with the same client key and False."""
    now = utc_now(session)
    values = {
        "name": request.name,
        "priority": request.priority,
        "state": BatchState.OPEN,
        "client_key": request.client_key,
        "created_at": now,
        "last_scan_at": now,
        "version": 1,
    } | {f"n_{state}": 0 for state in ScanState}
    # Looked for first: an insert that meets the open batch uses up an id, and images of a study come by hundreds.
    has_it = (IS_OPEN, BatchRow.client_key == request.client_key)
    while True:  # The batch in the way may be closed before we look at it; then there is room for ours.
        open_id = session.scalar(select(BatchRow.id).where(*has_it)) if request.client_key else None
        if open_id is not None:
            return get_batch(session, open_id), False
        new = session.execute(insert_new(session, BATCHES).returning(BATCHES.c.id), [values]).scalar_one_or_none()
        if new is not None:
            return get_batch(session, new), True


def get_batch(session: Session, batch_id: int) -> BatchView:
    """Raises NotFoundError."""
    query = select(BatchRow).where(BatchRow.id == batch_id).execution_options(populate_existing=True)
    row = session.scalar(query) if 0 < batch_id <= MAX_ID else None
    if row is None:
        raise NotFoundError("batch", batch_id)
    return _view(row)


def list_batches(session: Session, after: str | None = None, limit: int = 50) -> Page[BatchView]:
    """Newest first. Raises CursorError."""
    query = select(BatchRow).order_by(BatchRow.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(BatchRow.id < read_id(after))
    return page_of(session.scalars(query).all(), limit, _view, lambda row: str(row.id))


def close_batch(session: Session, batch_id: int) -> BatchView:
    """open -> closed; a closed one stays as it is. Raises NotFoundError."""
    get_batch(session, batch_id)
    _close(session, [batch_id], utc_now(session))
    return get_batch(session, batch_id)


def cancel_batch(session: Session, batch_id: int) -> BatchView:
    """Close the batch and cancel all its scans that are waiting or running. Raises NotFoundError."""
    get_batch(session, batch_id)
    now = utc_now(session)
    active = (ScanRow.batch_id == batch_id, ScanRow.state.in_(ACTIVE))
    apply(session, now, Change(hold(session, *active), ScanState.CANCELLED))
    _close(session, [batch_id], now)
    # Scans may have been added before the batch was closed. We hold the batch now, so we must not wait for scans.
    apply(session, now, Change(hold(session, *active, skip_locked=True), ScanState.CANCELLED))
    return get_batch(session, batch_id)


def retry_batch(
    session: Session, batch_id: int, states: AbstractSet[ScanState] = RETRYABLE
) -> tuple[BatchView, list[int]]:
    """failed | cancelled -> received for the scans in `states`; gives their ids, to be sent. Raises NotFoundError."""
    get_batch(session, batch_id)
    held = hold(session, ScanRow.batch_id == batch_id, ScanRow.state.in_(states & RETRYABLE))
    now = utc_now(session)
    apply(session, now, Change(held, ScanState.RECEIVED, values=afresh(now)))
    return get_batch(session, batch_id), [scan.scan_id for scan in held]


def close_quiet_batches(
    session: Session, quiet_seconds: float, now: datetime | None = None, *, key_prefix: str = ""
) -> list[int]:
    """Close the open batches that got no scan for that long; gives their ids.

    With a `key_prefix` only those whose client key begins so.
    """
    now = now or utc_now(session)
    quiet = BatchRow.last_scan_at < now - timedelta(seconds=quiet_seconds)
    ours = BatchRow.client_key.startswith(key_prefix, autoescape=True) if key_prefix else true()
    query = select(BatchRow.id).where(IS_OPEN, quiet, ours).order_by(BatchRow.id).with_for_update(skip_locked=True)
    ids = list(session.scalars(query))
    _close(session, ids, now)
    return ids


def _close(session: Session, batch_ids: list[int], now: datetime) -> None:
    session.execute(
        update(BatchRow)
        .where(BatchRow.id.in_(batch_ids), BatchRow.state == BatchState.OPEN)
        .values(state=BatchState.CLOSED, closed_at=now, version=BatchRow.version + 1)
        .execution_options(synchronize_session=False)
    )


def _view(row: BatchRow) -> BatchView:
    counts = Counts.model_validate({state.value: getattr(row, f"n_{state}") for state in ScanState})
    active = sum(getattr(counts, state) for state in ACTIVE)
    return BatchView(
        id=row.id,
        name=row.name,
        priority=row.priority,
        state=row.state,
        counts=counts,
        total=sum(getattr(counts, state) for state in ScanState),
        finished=row.state is BatchState.CLOSED and active == 0,
        created_at=row.created_at,
        closed_at=row.closed_at,
        version=row.version,
    )
