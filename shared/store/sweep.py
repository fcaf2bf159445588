"""What the periodic sweep looks for: expired leases, and scans that no message speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from shared.states import Priority


@dataclass(frozen=True)
class Recovered:
    """Ids of scans whose lease had expired: `requeued` are to be sent alone each, `failed` had died too often."""

    requeued: list[int]
    failed: list[int]


@dataclass(frozen=True)
class Unsent:
    """Scans that may share messages; a solo scan comes as a group of its own."""

    scan_ids: list[int]
    priority: Priority


def recover_expired(session: Session, now: datetime | None = None, max_solo_attempts: int = 3) -> Recovered:
    """running -> queued, to run alone from now on; or -> failed after `max_solo_attempts` deaths alone."""
    raise NotImplementedError


def unsent(
    session: Session, older_than: datetime, limit: int = 1000, sent_before: datetime | None = None
) -> list[Unsent]:
    """Waiting scans that no message was sent for since their last change, which was before `older_than`; urgent first.

    With `sent_before` also those whose message went out before then: for a caller who sees that Redis holds none.
    """
    raise NotImplementedError
