"""The list of batches, and the worklist of one: pages, and the pieces of them that are polled."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from shared.figures import diameters, percent
from shared.store.open_alerts import alerts_mark
from shared.store.worklist import Part
from web.figures import clock
from web.pages.names import plain
from web.pages.overview import Overview, read_overview
from web.pages.progress import segments
from web.pages.shell import with_badge
from web.pages.upload import upload_limits
from web.pages.worklist import read_head, read_worklist
from web.polling import (
    IDLE_SECONDS,
    LISTING_SECONDS,
    batch_retry_after,
    fragment_etag,
    polled_fragment,
    unchanged,
)
from web.problems import ProblemError
from web.services import services

PAGE_BATCHES = 30
PAGE_SCANS = 50

blueprint = Blueprint("pages", __name__)
blueprint.add_app_template_filter(percent)
blueprint.add_app_template_filter(diameters)
blueprint.add_app_template_filter(plain)
blueprint.add_app_template_filter(clock)
blueprint.add_app_template_global(segments)


@blueprint.get("/")
def batch_list() -> str:
    """All batches, newest first."""
    return render_template("batches/list.html", overview=_overview(), upload=upload_limits())


@blueprint.get("/batches/live")
def batch_list_live() -> Response:
    """What may change of the list."""
    overview = _overview()
    etag = fragment_etag(overview)
    retry_after = LISTING_SECONDS if overview.busy else IDLE_SECONDS
    if answer := unchanged(etag, retry_after):
        return answer
    return polled_fragment(with_badge("batches/list_live.html", overview=overview), etag, retry_after)


@blueprint.get("/batches/<row_id:batch_id>")
def worklist(batch_id: int) -> str:
    """The scans of a batch, the most urgent first."""
    part, after = _part(), _after("show")
    with services().database.read() as session:
        head = read_head(session, batch_id)
        page = read_worklist(session, head, part, after, PAGE_SCANS)
    return render_template("batches/worklist.html", head=head, worklist=page)


@blueprint.get("/batches/<row_id:batch_id>/live")
def worklist_live(batch_id: int) -> Response:
    """What may change of a worklist; the rows are read only where the batch has changed."""
    part, after = _part(), _after("show")
    with services().database.read() as session:
        head = read_head(session, batch_id)
        etag, retry_after = fragment_etag(head, alerts_mark(session)), batch_retry_after(head.batch) or IDLE_SECONDS
        if answer := unchanged(etag, retry_after):
            return answer
        page = read_worklist(session, head, part, after, PAGE_SCANS)
    return polled_fragment(with_badge("batches/worklist_live.html", head=head, worklist=page), etag, retry_after)


def _overview() -> Overview:
    after = _after()
    with services().database.read() as session:
        return read_overview(session, after, PAGE_BATCHES)


def _part() -> Part:
    asked = request.args.get("show", Part.ALL)
    try:
        return Part(asked)
    except ValueError:
        raise ProblemError(422, f"There is nothing to show by that name; there are: {', '.join(Part)}.") from None


def _after(*others: str) -> str | None:
    if unknown := set(request.args) - {"after", *others}:
        raise ProblemError(422, f"This page takes no query parameter {', '.join(sorted(unknown))!r}.")
    return request.args.get("after")
