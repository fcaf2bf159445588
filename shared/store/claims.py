"""What a worker does to scans. Every write is fenced by the attempt number that its claim holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from shared.store.results import StoredResult


@dataclass(frozen=True)
class Claim:
    """A scan that a worker holds until its lease ends; `solo`: a worker died with it, so it runs alone."""

    scan_id: int
    batch_id: int
    attempt: int
    sha256: str
    path: str
    solo: bool


def claim(
    session: Session, scan_ids: Sequence[int], worker: str, lease_seconds: float, now: datetime | None = None
) -> list[Claim]:
    """received | queued -> running, for those of these scans that still wait, by ascending id.

    Gives scans that may run together, or one solo scan where only such are waiting. The other solo scans of these
    ids stay as they are: each gets a message of its own.
    """
    raise NotImplementedError


def claim_waiting(
    session: Session, limit: int, worker: str, lease_seconds: float, now: datetime | None = None
) -> list[Claim]:
    """received | queued -> running, for up to `limit` scans of any batch, urgent first; never a solo one."""
    raise NotImplementedError


def renew(session: Session, claims: Sequence[Claim], lease_seconds: float, now: datetime | None = None) -> set[int]:
    """Extend the leases; gives the ids of the scans that are still ours."""
    raise NotImplementedError


def finish(session: Session, claim: Claim, stored: StoredResult) -> bool:
    """running -> done | rejected with a result, which is kept for re-use; False where the claim is no longer ours."""
    raise NotImplementedError


def fail(session: Session, claim: Claim, reason: str) -> bool:
    """running -> failed; False where the claim is no longer ours."""
    raise NotImplementedError


def reject(session: Session, claim: Claim, reason: str) -> bool:
    """running -> rejected without a result to keep; False where the claim is no longer ours."""
    raise NotImplementedError


def release(session: Session, claims: Sequence[Claim]) -> set[int]:
    """running -> queued at no cost, when a worker stops in good order; gives the ids. The sweep sends them again."""
    raise NotImplementedError
