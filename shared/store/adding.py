"""Adding files to an open batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from shared.errors import ConflictError
from shared.schemas import BatchView, RegisteredScan
from shared.states import BatchState, ScanState
from shared.store.batches import get_batch
from shared.store.clock import utc_now
from shared.store.inserts import insert_new
from shared.store.transitions import afresh, chunks
from shared.tables import EVENTS, SCANS, UNRANKED, BatchRow, ScanRow, UtcDateTime

MAX_PATH_BYTES = 2000
"""An entry of a PostgreSQL index may have 2704 bytes."""


@dataclass(frozen=True)
class NewScan:
    """A file whose bytes are in the blob store; `size` in bytes, `path` relative to what was submitted."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class _Known:
    """A scan that the batch has of some path."""

    scan_id: int
    sha256: str


def add_scans(session: Session, batch_id: int, scans: Sequence[NewScan]) -> list[RegisteredScan]:
    """Add files to an open batch, as `received`; one answer per file, in order.

    A path that the batch has with the same bytes gives the scan there is; with other bytes, or where the path cannot
    be stored, that file alone gets an error. Raises NotFoundError, and ConflictError where the batch is closed.
    """
    batch = get_batch(session, batch_id)
    if batch.state is BatchState.CLOSED:
        raise ConflictError(f"Batch {batch_id} is closed.")
    # In the order of their paths: two submitters of the same files then do not wait for each other.
    wanted: dict[str, NewScan] = {}
    for scan in sorted(scans, key=lambda scan: scan.path):
        if _problem(scan.path) is None:
            wanted.setdefault(scan.path, scan)
    known = _insert(session, batch, list(wanted.values()))
    known |= _find(session, batch_id, [path for path in wanted if path not in known])
    return [_answer(scan, known.get(scan.path)) for scan in scans]


def _insert(session: Session, batch: BatchView, scans: Sequence[NewScan]) -> dict[str, _Known]:
    """Those of the scans that are new, with their events; last the batch, which must still be open."""
    now = utc_now(session)
    new: dict[str, _Known] = {}
    statement = insert_new(session, SCANS).returning(SCANS.c.id, SCANS.c.path, SCANS.c.sha256)
    for part in chunks(scans):
        rows = session.execute(statement, [_row(batch, scan, now) for scan in part])
        new |= {path: _Known(scan_id, sha256) for scan_id, path, sha256 in rows}
    if not new:
        return new
    for ids in chunks([scan.scan_id for scan in new.values()]):
        _record(session, now, ids)
    is_open = session.scalar(
        update(BatchRow)
        .where(BatchRow.id == batch.id, BatchRow.state == BatchState.OPEN)
        .values(n_received=BatchRow.n_received + len(new), version=BatchRow.version + 1, last_scan_at=now)
        .returning(BatchRow.id)
        .execution_options(synchronize_session=False)
    )
    if is_open is None:
        raise ConflictError(f"Batch {batch.id} is closed.")
    return new


def _record(session: Session, now: datetime, scan_ids: Sequence[int]) -> None:
    """The first audit row of each scan."""
    received = literal(ScanState.RECEIVED, EVENTS.c.to_state.type)
    first = select(ScanRow.id, literal(now, UtcDateTime), literal(0), received).where(ScanRow.id.in_(scan_ids))
    session.execute(insert(EVENTS).from_select(["scan_id", "at", "attempt", "to_state"], first))


def _row(batch: BatchView, scan: NewScan, now: datetime) -> dict[str, object]:
    return {
        "batch_id": batch.id,
        "path": scan.path,
        "sha256": scan.sha256,
        "size": scan.size,
        "state": ScanState.RECEIVED,
        "priority": batch.priority,
        "attempt": 0,
        "rank": UNRANKED,
        "created_at": now,
        "updated_at": now,
    } | afresh(now)


def _find(session: Session, batch_id: int, paths: Sequence[str]) -> dict[str, _Known]:
    query = select(ScanRow.path, ScanRow.id, ScanRow.sha256).where(ScanRow.batch_id == batch_id)
    return {
        path: _Known(scan_id, sha256)
        for part in chunks(paths)
        for path, scan_id, sha256 in session.execute(query.where(ScanRow.path.in_(part)))
    }


def _answer(scan: NewScan, known: _Known | None) -> RegisteredScan:
    if known is None:
        return RegisteredScan(path=scan.path, error=_problem(scan.path))
    if known.sha256 != scan.sha256:
        return RegisteredScan(path=scan.path, error="The batch has another file of this path.")
    return RegisteredScan(path=scan.path, scan_id=known.scan_id)


def _problem(path: str) -> str | None:
    """What a database would refuse."""
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "The path is not valid Unicode."
    if "\x00" in path:
        return "The path contains a NUL character."
    return None if size <= MAX_PATH_BYTES else f"The path is longer than {MAX_PATH_BYTES} bytes."
