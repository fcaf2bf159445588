"""One scan to look at: its picture with the findings on it, what was measured, and what happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from shared.objects import OBJECTS, PDF, object_file
from shared.schemas import AlertView, BatchView, ScanResult, ScanView
from shared.states import ACTIVE, RETRYABLE
from shared.store import alerts, batches, results, scans
from shared.store.neighbours import Neighbours, neighbours
from shared.store.sweep import stops_its_worker
from web.enqueue import enqueue
from web.pages.drawing import Drawing, drawing_of
from web.pages.past import Happening, happenings
from web.pages.shell import with_badge
from web.polling import BUSY_SECONDS, IDLE_SECONDS, polled_page_part
from web.services import services

blueprint = Blueprint("scan_pages", __name__)


@dataclass(frozen=True)
class Course:
    """What goes on after the page was opened: the state, alerts, and what happened so far."""

    scan: ScanView
    alerts: tuple[AlertView, ...]
    history: tuple[Happening, ...]

    @property
    def unfinished(self) -> bool:
        """Whether a result is still to come."""
        return self.scan.state in ACTIVE


@dataclass(frozen=True)
class Download:
    """An object of the scan: where it is, under which name it is saved, and what it is."""

    address: str
    name: str
    title: str


@dataclass(frozen=True)
class Sight:
    """All that the page shows. `pictures`: the addresses of those there are, by name; `files`: what is to be saved."""

    course: Course
    batch: BatchView
    place: Neighbours
    result: ScanResult | None
    drawing: Drawing | None
    pictures: Mapping[str, str]
    files: tuple[Download, ...]

    @property
    def scan(self) -> ScanView:
        """The scan as it is now."""
        return self.course.scan

    @property
    def can_be_retried(self) -> bool:
        """Whether another try may end differently: not where the file is at fault."""
        return self.scan.state in RETRYABLE

    @property
    def stops_its_worker(self) -> bool:
        """Whether the file seems to be at fault though it could not be said to be: each worker that took it died."""
        return stops_its_worker(self.scan)


@blueprint.get("/scans/<row_id:scan_id>")
def scan(scan_id: int) -> str:
    """Show a scan in whatever state it is."""
    with services().database.read() as session:
        sight = _sight(session, scan_id)
    return render_template("scan/page.html", sight=sight)


@blueprint.get("/scans/<row_id:scan_id>/live")
def scan_live(scan_id: int) -> Response:
    """What may change of it without its being another page."""
    with services().database.read() as session:
        course = _course(session, scan_id)
    wait = BUSY_SECONDS if course.unfinished else IDLE_SECONDS
    return polled_page_part(with_badge("scan/live.html", course=course), wait)


@blueprint.post("/scans/<row_id:scan_id>/retry")
def retry(scan_id: int) -> Response:
    """failed | cancelled -> received, and back to the page."""
    with services().database.write() as session:
        again = scans.retry_scan(session, scan_id)
    enqueue([again.id], again.priority)
    flash("The scan will be tried again.")
    return redirect(url_for("scan_pages.scan", scan_id=scan_id), 303)


def _sight(session: Session, scan_id: int) -> Sight:
    course = _course(session, scan_id)
    result = results.get_result(session, scan_id)
    made = results.result_images(session, scan_id)
    return Sight(
        course=course,
        batch=batches.get_batch(session, course.scan.batch_id),
        place=neighbours(session, scan_id),
        result=result,
        drawing=drawing_of(result) if result else None,
        pictures=_pictures(scan_id, made),
        files=tuple(_downloads(scan_id, made)),
    )


def _course(session: Session, scan_id: int) -> Course:
    found = scans.get_scan(session, scan_id)
    raised = alerts.alerts_of_scan(session, scan_id)
    details = [alerts.alert_details(session, alert.id) for alert in raised]
    return Course(found, tuple(raised), tuple(happenings(scans.scan_history(session, scan_id), details)))


def _pictures(scan_id: int, names: Mapping[str, str]) -> dict[str, str]:
    pictures = (name for name in names if name not in OBJECTS)
    return {name: url_for("results.get_image", scan_id=scan_id, image=name) for name in pictures}


def _downloads(scan_id: int, names: Mapping[str, str]) -> Iterator[Download]:
    for name, form in OBJECTS.items():
        if name in names:
            yield Download(_address(scan_id, name), object_file(f"scan-{scan_id}", name), form.title)


def _address(scan_id: int, name: str) -> str:
    if name == PDF:
        return url_for("results.get_report", scan_id=scan_id)
    return url_for("results.get_dicom", scan_id=scan_id, object=name)
