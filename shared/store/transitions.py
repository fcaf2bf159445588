"""The one way in which scans change their state: hold the rows, then apply changes to them.

`hold` locks rows on PostgreSQL, ids ascending; on SQLite the whole write transaction is the lock. `apply` then writes
the audit trail, updates the scans, and last the batches' counters, ids ascending: in that order no two transactions
can wait for each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Text, TextClause, bindparam, insert, literal, select, update
from sqlalchemy.orm import Session

from shared.states import FINAL, ScanState
from shared.store.reasons import one_line
from shared.tables import BATCHES, EVENTS, ScanRow, UtcDateTime

Item = TypeVar("Item")

CHUNK = 500
"""Ids in one statement: databases bound the number of parameters."""


@dataclass(frozen=True)
class Held:
    """A scan as it is, and stays until this transaction ends unless we change it."""

    scan_id: int
    batch_id: int
    state: ScanState
    attempt: int
    solo: bool
    solo_attempts: int
    sha256: str
    path: str


@dataclass(frozen=True)
class Change:
    """These scans go to this state; `values` are further columns. The reason stays on a scan whose state is final."""

    held: Sequence[Held]
    to_state: ScanState
    reason: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)


def hold(
    session: Session, *conditions: ColumnElement[bool] | TextClause, limit: int | None = None, skip_locked: bool = False
) -> list[Held]:
    """The scans that meet the conditions, by id. Waits for those that others hold, or leaves them out."""
    query = (
        select(
            ScanRow.id,
            ScanRow.batch_id,
            ScanRow.state,
            ScanRow.attempt,
            ScanRow.solo,
            ScanRow.solo_attempts,
            ScanRow.sha256,
            ScanRow.path,
        )
        .where(*conditions)
        .order_by(ScanRow.id)
        .limit(limit)
        .with_for_update(skip_locked=skip_locked)
    )
    return [Held(*row) for row in session.execute(query)]


def hold_ids(
    session: Session,
    scan_ids: Iterable[int],
    *conditions: ColumnElement[bool] | TextClause,
    skip_locked: bool = False,
) -> list[Held]:
    """Those of these scans that meet the conditions, by id."""
    held: list[Held] = []
    for part in chunks(sorted(set(scan_ids))):
        held += hold(session, ScanRow.id.in_(part), *conditions, skip_locked=skip_locked)
    return held


def apply(session: Session, now: datetime, *changes: Change) -> None:
    """Make the changes, with one audit row a scan, and move the batches' counters."""
    for change in changes:
        change = replace(change, reason=change.reason and one_line(change.reason))
        for part in chunks(change.held):
            _record(session, now, change, [held.scan_id for held in part])
            _update_scans(session, now, change, part)
    if any(change.held for change in changes):
        _count(session, changes)


def afresh(now: datetime) -> dict[str, object]:
    """Columns of a scan that is retried: no message speaks of it, and it may share a batch again."""
    return {"waiting_since": now, "sent_at": None, "solo": False, "solo_attempts": 0}


def _record(session: Session, now: datetime, change: Change, scan_ids: Sequence[int]) -> None:
    """Audit rows, written from what the scans are before they change."""
    before = select(
        ScanRow.id,
        literal(now, UtcDateTime),
        ScanRow.attempt + int(change.to_state is ScanState.RUNNING),  # A claim begins a new attempt.
        ScanRow.state,
        literal(change.to_state, EVENTS.c.to_state.type),
        literal(change.reason, Text),
    ).where(ScanRow.id.in_(scan_ids))
    columns = ["scan_id", "at", "attempt", "from_state", "to_state", "reason"]
    session.execute(insert(EVENTS).from_select(columns, before))


def _update_scans(session: Session, now: datetime, change: Change, held: Sequence[Held]) -> None:
    values: dict[str, object] = {
        "state": change.to_state,
        "updated_at": now,
        "reason": change.reason if change.to_state in FINAL else None,
        "worker": None,
        "lease_until": None,
    }
    session.execute(
        update(ScanRow)
        .where(ScanRow.id.in_([scan.scan_id for scan in held]), ScanRow.state.in_({scan.state for scan in held}))
        .values(values | dict(change.values))
        .execution_options(synchronize_session=False)
    )


_COUNT = (
    update(BATCHES)
    .where(BATCHES.c.id == bindparam("batch"))
    .values(
        {f"n_{state}": BATCHES.c[f"n_{state}"] + bindparam(f"more_{state}") for state in ScanState}
        | {"version": BATCHES.c.version + 1}
    )
)


def _count(session: Session, changes: Iterable[Change]) -> None:
    """Move the counters of all batches concerned, in one statement."""
    moved: defaultdict[int, Counter[ScanState]] = defaultdict(Counter)
    for change in changes:
        for held in change.held:
            moved[held.batch_id][held.state] -= 1
            moved[held.batch_id][change.to_state] += 1
    session.execute(
        _COUNT,
        [
            {"batch": batch_id} | {f"more_{state}": moved[batch_id][state] for state in ScanState}
            for batch_id in sorted(moved)
        ],
    )


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in parts that one statement can name."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
