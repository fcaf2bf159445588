"""What can be done to a batch from its page: close, cancel, retry. Each says what it did, and goes back."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, flash, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState

from shared.states import ACTIVE, RETRYABLE, ScanState, Scope
from shared.store import batches
from web.access.guard import declare
from web.enqueue import enqueue
from web.problems import ProblemError
from web.services import services

blueprint = Blueprint("batch_actions", __name__)


@blueprint.post("/batches/<row_id:batch_id>/close")
def close(batch_id: int) -> Response:
    """open -> closed."""
    with services().database.write() as session:
        batches.close_batch(session, batch_id)
    return _back(batch_id, "The batch is closed: no scans can be added to it.")


@blueprint.get("/batches/<row_id:batch_id>/cancel")
def ask_to_cancel(batch_id: int) -> str:
    """Asks first, where no script of the worklist did."""
    with services().database.read() as session:
        batch = batches.get_batch(session, batch_id)
    unfinished = sum(getattr(batch.counts, state) for state in ACTIVE)
    return render_template("batches/cancel.html", batch=batch, unfinished=unfinished)


@blueprint.post("/batches/<row_id:batch_id>/cancel")
def cancel(batch_id: int) -> Response:
    """Waiting and running scans -> cancelled."""
    with services().database.write() as session:
        before = batches.get_batch(session, batch_id)
        after = batches.cancel_batch(session, batch_id)
    count = after.counts.cancelled - before.counts.cancelled
    said = f"{_scans(count)} cancelled. Results that are there stay." if count else "Nothing was waiting or running."
    return _back(batch_id, said)


@blueprint.post("/batches/<row_id:batch_id>/retry")
def retry(batch_id: int) -> Response:
    """Scans of one state, failed or cancelled -> queued."""
    state = _retryable()
    with services().database.write() as session:
        batch, scan_ids = batches.retry_batch(session, batch_id, {state})
    enqueue(scan_ids, batch.priority)
    said = f"{_scans(len(scan_ids))} will be tried again." if scan_ids else f"No scan of this batch is {state}."
    return _back(batch_id, said)


@blueprint.record_once
def declare_scopes(state: BlueprintSetupState) -> None:
    """Who may not cancel is not asked whether to; whoever submits a batch may close it."""
    app = cast(Flask, state.app)
    declare(app, f"{blueprint.name}.{ask_to_cancel.__name__}", (Scope.MANAGE,))
    declare(app, f"{blueprint.name}.{close.__name__}", (Scope.SUBMIT, Scope.MANAGE))


def _retryable() -> ScanState:
    asked = request.form.get("state", "")
    if asked not in RETRYABLE:
        raise ProblemError(422, f"Only scans that are {' or '.join(sorted(RETRYABLE))} can be tried again.")
    return ScanState(asked)


def _scans(count: int) -> str:
    return "1 scan" if count == 1 else f"{count} scans"


def _back(batch_id: int, said: str) -> Response:
    flash(said)
    return Response(status=303, headers={"Location": url_for("pages.worklist", batch_id=batch_id)})
