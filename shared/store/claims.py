"""What a worker does to scans. Every write is fenced by the attempt number that its claim holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, cast, false, select, true, update
from sqlalchemy.orm import Session

from shared.alerting.rules import SILENT, Policy
from shared.schemas import ScanResult
from shared.states import Priority, ScanState
from shared.store.clock import utc_now
from shared.store.digests import raise_digests
from shared.store.raising import ScanOfResult, raise_for_scan
from shared.store.results import StoredResult, keep_result
from shared.store.transitions import Change, Held, apply, chunks, hold, hold_ids
from shared.tables import IS_WAITING, UNRANKED, ScanRow


@dataclass(frozen=True)
class Claim:
    """A scan that a worker holds until its lease ends; `solo`: a worker died with it, so it runs alone."""

    scan_id: int
    batch_id: int
    attempt: int
    sha256: str
    path: str
    solo: bool


@dataclass(frozen=True)
class Settled:
    """Whether the claim was still ours when it was settled, and the channels that have something to send since."""

    ours: bool
    channels: frozenset[str] = frozenset()


def claim(
    session: Session, scan_ids: Sequence[int], worker: str, lease_seconds: float, now: datetime | None = None
) -> list[Claim]:
    """received | queued -> running, for those of these scans that still wait, by ascending id.

    Gives scans that may run together, or one solo scan where only such are waiting. The other solo scans of these
    ids stay as they are: each gets a message of its own.
    """
    # Waits for rows that others hold, which is short: the sender of the message may just be marking them as queued.
    held = hold_ids(session, scan_ids, IS_WAITING)
    together = [scan for scan in held if not scan.solo]
    return _start(session, together or held[:1], worker, lease_seconds, now)


def claim_waiting(
    session: Session, limit: int, worker: str, lease_seconds: float, now: datetime | None = None
) -> list[Claim]:
    """received | queued -> running, for up to `limit` scans of any batch, urgent first; never a solo one.

    Takes no routine scans while an urgent solo one waits: its message comes once the worker runs out of others.
    """
    held: list[Held] = []
    for priority in (Priority.URGENT, Priority.ROUTINE):
        if len(held) < limit and not (priority is Priority.ROUTINE and _urgent_solo_waits(session)):
            wanted = (IS_WAITING, ScanRow.priority == priority, ScanRow.solo == false())
            held += hold(session, *wanted, limit=limit - len(held), skip_locked=True)
    return _start(session, held, worker, lease_seconds, now)


def _urgent_solo_waits(session: Session) -> bool:
    """Asked when few other urgent scans wait, so it reads few rows."""
    wanted = (IS_WAITING, ScanRow.priority == Priority.URGENT, ScanRow.solo == true())
    return session.scalar(select(ScanRow.id).where(*wanted).limit(1)) is not None


def _start(
    session: Session, held: Sequence[Held], worker: str, lease_seconds: float, now: datetime | None
) -> list[Claim]:
    now = now or utc_now(session)
    values = {
        "attempt": ScanRow.attempt + 1,
        "solo_attempts": ScanRow.solo_attempts + cast(ScanRow.solo, Integer),
        "worker": worker,
        "lease_until": now + timedelta(seconds=lease_seconds),
    }
    apply(session, now, Change(held, ScanState.RUNNING, values=values))
    return [Claim(scan.scan_id, scan.batch_id, scan.attempt + 1, scan.sha256, scan.path, scan.solo) for scan in held]


def renew(session: Session, claims: Sequence[Claim], lease_seconds: float, now: datetime | None = None) -> set[int]:
    """Extend the leases; gives the ids of the scans that are still ours."""
    ours = [scan.scan_id for scan in _ours(session, claims)]
    until = (now or utc_now(session)) + timedelta(seconds=lease_seconds)
    for part in chunks(ours):
        session.execute(update(ScanRow).where(ScanRow.id.in_(part)).values(lease_until=until))
    return set(ours)


def finish(session: Session, claim: Claim, stored: StoredResult, policy: Policy = SILENT) -> Settled:
    """running -> done | rejected with a result, which is kept for re-use, and with the alerts that it causes."""
    held = _ours(session, [claim])
    if not held:
        return Settled(ours=False)
    result_id, kept = keep_result(session, stored)
    result = kept.contract(claim.path)
    now = utc_now(session)
    apply(session, now, _ended(held, result_id, result))
    scan = ScanOfResult(claim.scan_id, claim.batch_id, result_id)
    channels = raise_for_scan(session, now, policy, scan, result)
    return Settled(ours=True, channels=channels | raise_digests(session, policy, [claim.batch_id]))


def _ended(held: Sequence[Held], result_id: int, result: ScanResult) -> Change:
    """The change to what the kept result says, which may be an earlier one of the same bytes."""
    values = {
        "result_id": result_id,
        "kind": result.kind,
        "findings": len(result.reported),
        "in_doubt": result.in_doubt,
        "tumor_probability": result.tumor_probability,
        "urgency": result.urgency,
        "rank": UNRANKED if result.urgency is None else -result.urgency,
    }
    return Change(held, ScanState(result.status), result.reason, values)


def fail(session: Session, claim: Claim, reason: str) -> bool:
    """running -> failed; False where the claim is no longer ours."""
    held = _ours(session, [claim])
    apply(session, utc_now(session), Change(held, ScanState.FAILED, reason))
    return bool(held)


def release(session: Session, claims: Sequence[Claim]) -> set[int]:
    """running -> queued at no cost, when a worker stops in good order; gives the ids. The sweep sends them again."""
    held = _ours(session, claims)
    values = {"sent_at": None, "solo_attempts": ScanRow.solo_attempts - cast(ScanRow.solo, Integer)}
    apply(session, utc_now(session), Change(held, ScanState.QUEUED, "The worker stopped.", values))
    return {scan.scan_id for scan in held}


def _ours(session: Session, claims: Sequence[Claim]) -> list[Held]:
    """The fence: a claim whose lease ran out, or whose scan was cancelled, has a stale attempt or state."""
    attempts = {claim.scan_id: claim.attempt for claim in claims}
    held = hold_ids(session, attempts, ScanRow.state == ScanState.RUNNING)
    return [scan for scan in held if scan.attempt == attempts[scan.scan_id]]
