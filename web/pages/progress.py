"""How far a batch is, and how long it will still take, in words and as a bar."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.schemas import BatchView
from shared.store.forecast import Forecast, forecast
from shared.store.installation import list_workers

SEEN_WITHIN_SECONDS = 30.0
"""A worker that has not been seen for that long is not counted on."""

BAR_ORDER = ("done", "rejected", "failed", "cancelled", "running", "queued", "received")
UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True)
class Segment:
    """A stretch of a progress bar: from `start`, `width` wide, in hundredths of the whole."""

    state: str
    start: float
    width: float


@dataclass(frozen=True)
class Outlook:
    """What is known of an unfinished batch's rest; `time_left` is a phrase, which may say why there is no estimate.

    `stuck`: nothing will happen unless somebody does something.
    """

    ahead: int
    remaining: int
    time_left: str
    stuck: bool


def segments(batch: BatchView) -> list[Segment]:
    """The states of a batch as a bar, finished ones first."""
    found: list[Segment] = []
    start = 0.0
    for state in BAR_ORDER:
        width = 100 * getattr(batch.counts, state) / max(batch.total, 1)
        if width:
            found.append(Segment(state, start, width))
        start += width
    return found


def has_workers(session: Session) -> bool:
    """Whether a worker that analyses scans was seen just now."""
    return any(worker.role == "analysis" for worker in list_workers(session, SEEN_WITHIN_SECONDS))


def outlook(session: Session, batch: BatchView, workers: bool) -> Outlook:
    """What is ahead of the batch; with `workers`, some are there to do it."""
    rest = forecast(session, batch)
    return Outlook(rest.ahead, rest.remaining, _time_left(rest, workers), bool(rest.remaining) and not workers)


def _time_left(rest: Forecast, workers: bool) -> str:
    if not rest.remaining:
        return "waits for more scans"
    if not workers:
        return "no worker is running"
    if rest.per_minute is None:
        return "no estimate: nothing ended in the last minutes"
    if rest.low_seconds is None or rest.high_seconds is None:
        return "no estimate: too many scans wait"
    return f"{span(rest.low_seconds, rest.high_seconds)} left"


def span(low_seconds: float, high_seconds: float) -> str:
    """A range of time, no finer than it is known: "3 to 5 min", "about 2 h"."""
    if high_seconds < 60:
        return "under a minute"
    size, unit = next((size, unit) for size, unit in UNITS if high_seconds >= size)
    low, high = (_rounded(seconds / size) for seconds in (low_seconds, high_seconds))
    if low == high:
        return f"about {high} {unit}"
    return f"up to {high} {unit}" if low == "0" else f"{low} to {high} {unit}"


def _rounded(number: float) -> str:
    """Halves matter while the number is small."""
    return f"{round(2 * number) / 2:g}" if number < 4 else f"{number:.0f}"
