"""What the list of batches shows: alerts that nobody has acknowledged, and a page of batches."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.schemas import AlertView, BatchView, Finding
from shared.states import AlertKind
from shared.store.alerts import count_open
from shared.store.batches import list_batches
from shared.store.open_alerts import most_urgent_open
from shared.store.results import Shown, results_of
from shared.store.worklist import Found, count_found
from web.pages.progress import Outlook, has_workers, outlook

ALERTS_SHOWN = 5
OUTLOOKS = 8
"""Busy batches of a page for which the time left is worked out: each takes several questions."""


@dataclass(frozen=True)
class OpenAlert:
    """An alert about one scan that nobody has acknowledged, with its urgency and the finding that matters most."""

    alert: AlertView
    urgency: float | None
    finding: Finding | None


@dataclass(frozen=True)
class OpenAlerts:
    """How many nobody has acknowledged: `urgent` ones about one scan, the most urgent of them `shown`, and digests."""

    shown: list[OpenAlert]
    urgent: int
    digests: int


@dataclass(frozen=True)
class Line:
    """One batch of the list; `outlook` where something of it remains."""

    batch: BatchView
    found: Found
    outlook: Outlook | None


@dataclass(frozen=True)
class Overview:
    """A page of batches; `next` is the `after` of the page that follows."""

    alerts: OpenAlerts
    lines: list[Line]
    next: str | None

    @property
    def busy(self) -> bool:
        """Whether something of it will change by itself."""
        return any(not line.batch.finished for line in self.lines)


def read_overview(session: Session, after: str | None, limit: int) -> Overview:
    """Batches, newest first, and what is most urgent of all of them. Raises CursorError."""
    page = list_batches(session, after, limit)
    found = count_found(session, [batch.id for batch in page.items])
    unfinished = [batch for batch in page.items if not batch.finished][:OUTLOOKS]
    workers = has_workers(session) if unfinished else False
    outlooks = {batch.id: outlook(session, batch, workers) for batch in unfinished}
    lines = [Line(batch, found[batch.id], outlooks.get(batch.id)) for batch in page.items]
    return Overview(_open_alerts(session), lines, page.next)


def _open_alerts(session: Session) -> OpenAlerts:
    """A few statements, however many alerts are open."""
    count = count_open(session)
    urgent = count_open(session, AlertKind.AT_ONCE) if count else 0
    if not urgent:
        return OpenAlerts([], 0, count)
    shown = most_urgent_open(session, ALERTS_SHOWN)
    results = results_of(session, [alert.scan_id for alert in shown if alert.scan_id is not None])
    return OpenAlerts([_open_alert(alert, results.get(alert.scan_id or 0)) for alert in shown], urgent, count - urgent)


def _open_alert(alert: AlertView, shown: Shown | None) -> OpenAlert:
    result = shown.result if shown else None
    return OpenAlert(alert, result.urgency if result else None, result.leading if result else None)
