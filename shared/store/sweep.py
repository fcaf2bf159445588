"""What the periodic sweep looks for: expired leases, and scans that no message speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from shared.schemas import ScanView
from shared.states import Priority, ScanState
from shared.store.clock import utc_now
from shared.store.transitions import Change, apply, hold_ids
from shared.tables import IS_RUNNING, IS_WAITING, ScanRow

TIMES = {1: "once", 2: "twice", 3: "three times", 4: "four times", 5: "five times"}
DIED, ALONE = "The worker process died", "while working on this scan alone."
"""How the reason of a scan begins and ends that was given up because its workers died."""


@dataclass(frozen=True)
class Unsent:
    """Scans that may share messages; a solo scan comes as a group of its own."""

    scan_ids: list[int]
    priority: Priority


@dataclass(frozen=True)
class Recovered:
    """Ids of scans whose lease had expired: `requeued` are to be sent alone each, `failed` had died too often."""

    requeued: list[int]
    failed: list[int]


def recover_expired(session: Session, now: datetime | None = None, max_solo_attempts: int = 3) -> Recovered:
    """running -> queued, to run alone from now on; or -> failed after `max_solo_attempts` deaths alone."""
    now = now or utc_now(session)
    is_expired = (IS_RUNNING, ScanRow.lease_until < now)
    # First without an order: asked for one, SQLite reads all scans by id instead of the index of the leases.
    ids = session.scalars(select(ScanRow.id).where(*is_expired))
    # Whoever holds a row is writing to it just now: its worker is alive.
    expired = hold_ids(session, ids, *is_expired, skip_locked=True)
    poison = [scan for scan in expired if scan.solo_attempts >= max_solo_attempts]
    again = [scan for scan in expired if scan.solo_attempts < max_solo_attempts]
    times = TIMES.get(max_solo_attempts, f"{max_solo_attempts} times")
    reason = f"{DIED} {times} {ALONE}"
    apply(
        session,
        now,
        Change(again, ScanState.QUEUED, "The lease expired.", {"solo": True, "sent_at": None}),
        Change(poison, ScanState.FAILED, reason),
    )
    return Recovered([scan.scan_id for scan in again], [scan.scan_id for scan in poison])


def stops_its_worker(scan: ScanView) -> bool:
    """Whether the scan failed because each worker that took it died: then the file is the likely cause."""
    reason = scan.reason or ""
    return scan.state is ScanState.FAILED and reason.startswith(DIED) and reason.endswith(ALONE)


def unsent(
    session: Session, quiet_seconds: float, limit: int = 1000, lost_seconds: float | None = None
) -> list[Unsent]:
    """Waiting scans that no message was sent for since their last change, `quiet_seconds` ago or more; urgent first.

    With `lost_seconds` also those whose message went out so long ago: for a caller who sees that Redis holds none.
    """
    now = utc_now(session)
    lost = and_(ScanRow.sent_at.is_(None), ScanRow.updated_at < now - timedelta(seconds=quiet_seconds))
    if lost_seconds is not None:
        lost = or_(lost, ScanRow.sent_at < now - timedelta(seconds=lost_seconds))
    query = (
        select(ScanRow.id, ScanRow.priority, ScanRow.solo)
        .where(IS_WAITING, lost)
        .order_by(ScanRow.priority.desc(), ScanRow.id)  # As words, too, "urgent" comes after "routine".
        .limit(limit)
    )
    shared: dict[Priority, list[int]] = {}
    alone: list[Unsent] = []
    for scan_id, priority, solo in session.execute(query):
        if solo:
            alone.append(Unsent([scan_id], priority))
        else:
            shared.setdefault(priority, []).append(scan_id)
    return [Unsent(ids, priority) for priority, ids in shared.items()] + alone
