"""What the page of one batch shows: its head, its parts as filters, and a page of its scans."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.schemas import BatchView, Finding, ScanResult, ScanView
from shared.states import WAITING
from shared.store.batches import get_batch
from shared.store.results import Shown, results_of
from shared.store.worklist import AlertMark, Found, Part, alert_marks, count_found, list_worklist
from web.pages.progress import Outlook, has_workers, outlook

URGENT_FROM = 0.7
"""Rows of this urgency and above are marked urgent."""

PICTURES = ("thumbnail", "overlay")
"""What a row shows, in this order of preference: results stored by earlier releases have no thumbnail."""

NAMES = {Part.ALL: "All", Part.FINDINGS: "With findings", Part.DOUBT: "In doubt"}
ALWAYS_SHOWN = {Part.ALL, Part.FINDINGS, Part.DOUBT}


@dataclass(frozen=True)
class Filter:
    """A part of the batch that can be looked at by itself."""

    part: Part
    name: str
    count: int


@dataclass(frozen=True)
class Row:
    """One scan; `finding` is the reported one that matters most, of `more` others; `picture` the one to show."""

    scan: ScanView
    result: ScanResult | None
    finding: Finding | None
    more: int
    picture: str | None
    alert: AlertMark | None

    @property
    def urgent(self) -> bool:
        """Whether it must stand out."""
        return self.scan.urgency is not None and self.scan.urgency >= URGENT_FROM


@dataclass(frozen=True)
class Head:
    """The batch and what is known of its rest; `outlook` is None once it is finished."""

    batch: BatchView
    outlook: Outlook | None
    found: Found


@dataclass(frozen=True)
class Worklist:
    """A page of one part of a batch; `next` is the `after` of the page that follows."""

    part: Part
    filters: list[Filter]
    rows: list[Row]
    next: str | None


def read_head(session: Session, batch_id: int) -> Head:
    """Raises NotFoundError."""
    batch = get_batch(session, batch_id)
    rest = None if batch.finished else outlook(session, batch, has_workers(session))
    return Head(batch, rest, count_found(session, [batch_id])[batch_id])


def read_worklist(session: Session, head: Head, part: Part, after: str | None, limit: int) -> Worklist:
    """Three statements, however many scans. Raises CursorError."""
    page = list_worklist(session, head.batch.id, part, after, limit)
    ids = [scan.id for scan in page.items]
    shown, alerts = results_of(session, ids), alert_marks(session, ids)
    rows = [_row(scan, shown.get(scan.id), alerts.get(scan.id)) for scan in page.items]
    return Worklist(part, _filters(head, part), rows, page.next)


def _filters(head: Head, current: Part) -> list[Filter]:
    """The parts worth offering: those with scans, the one shown, and those a reader looks for."""
    counts = head.batch.counts
    sizes = {
        Part.ALL: head.batch.total,
        Part.FINDINGS: head.found.findings,
        Part.DOUBT: head.found.doubt,
        Part.WAITING: sum(getattr(counts, state) for state in WAITING),
    }
    offered = [Filter(p, NAMES.get(p, p.capitalize()), sizes.get(p, getattr(counts, p, 0))) for p in Part]
    return [offer for offer in offered if offer.count or offer.part in ALWAYS_SHOWN | {current}]


def _row(scan: ScanView, shown: Shown | None, alert: AlertMark | None) -> Row:
    if shown is None:
        return Row(scan, None, None, 0, None, alert)
    others = max(len(shown.result.reported) - 1, 0)
    picture = next((name for name in PICTURES if name in shown.images), None)
    return Row(scan, shown.result, shown.result.leading, others, picture, alert)
