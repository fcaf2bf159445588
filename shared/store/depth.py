"""How much is waiting, for `/metrics`, `/health` and the System page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.states import WAITING, DeliveryState, Priority, ScanState
from shared.store.clock import utc_now
from shared.tables import BATCHES, IS_PENDING, IS_SENDING, IS_UNACKNOWLEDGED, IS_WAITING, AlertRow, DeliveryRow, ScanRow


@dataclass(frozen=True)
class QueueDepth:
    """`waiting` by priority, the age of the oldest waiting scan in seconds, and all scans there are by state."""

    waiting: Mapping[Priority, int]
    oldest_waiting_seconds: float | None
    scans: Mapping[ScanState, int]


@dataclass(frozen=True)
class AlertDepth:
    """Deliveries of alerts: `pending`, of which `due` should go out now, the oldest since so many seconds.

    `failed`: given up, of alerts that nobody has acknowledged.
    """

    pending: int
    due: int
    oldest_due_seconds: float | None
    sending: int
    failed: int

    @property
    def waiting(self) -> int:
        """Deliveries that are still on their way."""
        return self.pending + self.sending


def queue_depth(session: Session) -> QueueDepth:
    """Read from the batches' counters: O(batches), not O(scans)."""
    sums = [func.sum(BATCHES.c[f"n_{state}"]) for state in ScanState]
    waiting = dict.fromkeys(Priority, 0)
    scans: Counter[ScanState] = Counter(dict.fromkeys(ScanState, 0))
    for priority, *totals in session.execute(select(BATCHES.c.priority, *sums).group_by(BATCHES.c.priority)):
        by_state = {state: int(total) for state, total in zip(ScanState, totals, strict=True)}
        scans.update(by_state)
        waiting[priority] = sum(by_state[state] for state in WAITING)
    return QueueDepth(waiting, _oldest_seconds(session), scans)


def _oldest_seconds(session: Session) -> float | None:
    since = session.scalar(select(func.min(ScanRow.waiting_since)).where(IS_WAITING))
    return None if since is None else max(0.0, (utc_now(session) - since).total_seconds())


def alert_depth(session: Session) -> AlertDepth:
    """Counted from two small indexes; failed ones from the deliveries of open alerts."""
    now = utc_now(session)
    due, oldest = session.execute(
        select(func.count(), func.min(DeliveryRow.due_at)).where(IS_PENDING, DeliveryRow.due_at <= now)
    ).one()
    unheard = select(AlertRow.id).where(IS_UNACKNOWLEDGED)
    return AlertDepth(
        pending=session.scalar(select(func.count()).select_from(DeliveryRow).where(IS_PENDING)) or 0,
        due=due,
        oldest_due_seconds=None if oldest is None else (now - oldest).total_seconds(),
        sending=session.scalar(select(func.count()).select_from(DeliveryRow).where(IS_SENDING)) or 0,
        failed=session.scalar(
            select(func.count())
            .select_from(DeliveryRow)
            .where(DeliveryRow.state == DeliveryState.FAILED, DeliveryRow.alert_id.in_(unheard))
        )
        or 0,
    )
