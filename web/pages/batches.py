"""Two pages to look at: the list of batches, and the worklist of one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request

from shared.figures import percent
from shared.schemas import BatchView, Counts, Finding, ScanResult, ScanView
from shared.store import batches, results, scans
from shared.store.scans import ScanOrder
from web.figures import diameters
from web.problems import ProblemError
from web.services import services

PAGE_BATCHES = 30
PAGE_SCANS = 50
STATES = tuple(Counts.model_fields)

blueprint = Blueprint("pages", __name__)
blueprint.add_app_template_filter(percent)
blueprint.add_app_template_filter(diameters)


@dataclass(frozen=True)
class Segment:
    """A stretch of a progress bar: from `start`, `width` wide, in hundredths of the whole."""

    state: str
    start: float
    width: float


@dataclass(frozen=True)
class Row:
    """One scan of the worklist with what was found; `finding` is the best of those reported."""

    scan: ScanView
    result: ScanResult | None
    finding: Finding | None
    has_overlay: bool


@blueprint.get("/")
def batch_list() -> str:
    """All batches, newest first."""
    with services().database.read() as session:
        page = batches.list_batches(session, _after(), PAGE_BATCHES)
    busy = any(not batch.finished for batch in page.items)
    return render_template("batches/list.html", page=page, busy=busy, segments=progress_segments)


@blueprint.get("/batches/<row_id:batch_id>")
def worklist(batch_id: int) -> str:
    """The scans of a batch, the most urgent first."""
    with services().database.read() as session:
        batch = batches.get_batch(session, batch_id)
        page = scans.list_scans(session, batch_id, order=ScanOrder.WORKLIST, after=_after(), limit=PAGE_SCANS)
        rows = [
            _row(scan, results.get_result(session, scan.id), "overlay" in results.result_images(session, scan.id))
            for scan in page.items
        ]
    return render_template("batches/worklist.html", batch=batch, rows=rows, next=page.next, segments=progress_segments)


def progress_segments(batch: BatchView) -> list[Segment]:
    """The states of a batch as a bar, finished ones first."""
    order = ("done", "rejected", "failed", "cancelled", "running", "queued", "received")
    segments: list[Segment] = []
    start = 0.0
    for state in order:
        width = 100 * getattr(batch.counts, state) / max(batch.total, 1)
        if width:
            segments.append(Segment(state, start, width))
        start += width
    return segments


def _row(scan: ScanView, result: ScanResult | None, has_overlay: bool) -> Row:
    reported = [finding for finding in result.findings if finding.reported] if result else []
    return Row(scan, result, reported[0] if reported else None, has_overlay)


def _after() -> str | None:
    if set(request.args) - {"after"}:
        raise ProblemError(422, "This page takes no query parameter but 'after'.")
    return request.args.get("after")
