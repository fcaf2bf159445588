"""How long a batch will still take: an honest range, from what lies ahead of it and how many scans ended lately."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, TextClause, func, literal, select
from sqlalchemy.orm import Session

from shared.schemas import BatchView
from shared.states import WAITING, Priority
from shared.store.clock import utc_now
from shared.tables import IS_FINISHED, IS_WAITING, ScanRow

COUNT_LIMIT = 100_000
"""Rows that one question counts at most, index entries only: some 20 ms on SQLite, however long the queue is."""

SHORT_SECONDS = 120.0
LONG_SECONDS = 600.0
FEW_ENDS = 10
"""With fewer ends than these in the short window, the long one is looked at."""

RANGE_Z = 1.2816
"""Four of five times the time lies in the range: 10 % of a normal distribution lie beyond on either side."""

SPEED_DRIFT = 0.1
"""However many scans ended, the speed itself changes by this much: scans differ, and so does what else runs."""


@dataclass(frozen=True)
class Forecast:
    """`ahead`: scans of other batches that workers claim before this batch's next one, counted to COUNT_LIMIT.

    `remaining`: this batch's scans that wait or run. `per_minute`: scans of all batches that ended lately. The time
    left is from `low_seconds` to `high_seconds`. All three are None where nothing ended lately, and the times also
    where more scans wait than are counted; a batch of which nothing remains needs 0 seconds.
    """

    ahead: int
    remaining: int
    per_minute: float | None = None
    low_seconds: float | None = None
    high_seconds: float | None = None


@dataclass(frozen=True)
class Speed:
    """`ends` scans ended in the last `seconds`."""

    ends: int
    seconds: float

    @property
    def per_minute(self) -> float | None:
        """None where nothing ended."""
        return 60 * self.ends / self.seconds if self.ends else None


def forecast(session: Session, batch: BatchView) -> Forecast:
    """What to tell who waits for this batch. Six or seven short questions, each answered from an index."""
    waiting = sum(getattr(batch.counts, state) for state in WAITING)
    remaining = waiting + batch.counts.running
    if not remaining:
        return Forecast(ahead=0, remaining=0, low_seconds=0, high_seconds=0)
    ahead, through = _ahead(session, batch) if waiting else (0, 0)
    speed = speed_lately(session, since=batch.created_at)
    if speed.per_minute is None or through >= COUNT_LIMIT:
        return Forecast(ahead, remaining, speed.per_minute)
    low, high = time_range(through + batch.counts.running, speed)
    return Forecast(ahead, remaining, speed.per_minute, low, high)


def speed_lately(session: Session, since: datetime | None = None) -> Speed:
    """Scans that ended in the last 2 minutes, or 10 where those were few; not looking back beyond `since`.

    Before there was anything to do, nothing ended: a new batch must not look slow for that.
    """
    now = utc_now(session)
    speed = _speed(session, now, since, SHORT_SECONDS)
    return speed if speed.ends >= FEW_ENDS else _speed(session, now, since, LONG_SECONDS)


def ended_within(session: Session, seconds: float) -> int:
    """How many scans ended in so many seconds until now, counted to COUNT_LIMIT."""
    return _ended_since(session, utc_now(session) - timedelta(seconds=seconds))


def time_range(scans: int, speed: Speed) -> tuple[float, float]:
    """Seconds in which so many scans end, from and to, at a speed known from few or many ends (at least one).

    Byar's approximation of the range of a Poisson mean (Breslow and Day, Statistical Methods in Cancer Research II,
    1987, page 69), never narrower than SPEED_DRIFT.
    """
    fewest = speed.ends * (1 - 1 / (9 * speed.ends) - RANGE_Z / (3 * math.sqrt(speed.ends))) ** 3
    more = speed.ends + 1
    most = more * (1 - 1 / (9 * more) + RANGE_Z / (3 * math.sqrt(more))) ** 3
    low = scans * speed.seconds / max(most, speed.ends * (1 + SPEED_DRIFT))
    high = scans * speed.seconds / min(fewest, speed.ends * (1 - SPEED_DRIFT))
    return low, high


def _speed(session: Session, now: datetime, since: datetime | None, window_seconds: float) -> Speed:
    begin = now - timedelta(seconds=window_seconds)
    begin = max(begin, since) if since else begin
    return Speed(_ended_since(session, begin), max((now - begin).total_seconds(), 1.0))


def _ended_since(session: Session, since: datetime) -> int:
    return _count(session, IS_FINISHED, ScanRow.updated_at >= since)


def _ahead(session: Session, batch: BatchView) -> tuple[int, int]:
    """Scans that are claimed before this batch's first waiting one, and those up to and with its last."""
    first, last = _first_and_last(session, batch.id)
    if first is None or last is None:  # All were claimed since the batch was read.
        return 0, 0
    urgent = _waiting(session, Priority.URGENT) if batch.priority is Priority.ROUTINE else 0
    before = _waiting(session, batch.priority, ScanRow.id < first)
    within = _waiting(session, batch.priority, ScanRow.id >= first, ScanRow.id <= last)
    return min(urgent + before, COUNT_LIMIT), urgent + before + within


def _waiting(session: Session, priority: Priority, *conditions: ColumnElement[bool]) -> int:
    return _count(session, IS_WAITING, ScanRow.priority == priority, *conditions)


def _first_and_last(session: Session, batch_id: int) -> tuple[int | None, int | None]:
    """The lowest and highest id of the batch's waiting scans: one step in the index for each state and end."""
    ends = [
        select(end(ScanRow.id)).where(ScanRow.batch_id == batch_id, ScanRow.state == state).scalar_subquery()
        for end in (func.min, func.max)
        for state in sorted(WAITING)
    ]
    found = session.execute(select(*ends)).one()
    half = len(WAITING)
    firsts, lasts = ([number for number in part if number is not None] for part in (found[:half], found[half:]))
    return min(firsts, default=None), max(lasts, default=None)


def _count(session: Session, *conditions: ColumnElement[bool] | TextClause) -> int:
    part = select(literal(1)).select_from(ScanRow).where(*conditions).limit(COUNT_LIMIT).subquery()
    return session.scalar(select(func.count()).select_from(part)) or 0
