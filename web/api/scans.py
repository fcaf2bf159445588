"""Single scans: list, look at, cancel, retry, history."""

from __future__ import annotations

from flask import Response

from shared.schemas import Page, ScanView
from shared.states import Scope
from shared.store import batches, scans
from shared.store.scans import ScanOrder
from web.api.routing import Answer, Routes
from web.api.schemas import History, ScanListQuery, WorklistQuery
from web.enqueue import enqueue
from web.polling import batch_etag, batch_retry_after, polled, unchanged
from web.services import services

routes = Routes("scans")
PAGE = Answer("A page of scans.", Page[ScanView], headers=("ETag", "Retry-After"))
SCAN = Answer("The scan as it is now.", ScanView)


@routes.get("/batches/{batch_id}/scans", PAGE, conditional=True)
def list_scans(batch_id: int, query: ScanListQuery) -> Response:
    """List the scans of a batch by id."""
    return _list(batch_id, query, ScanOrder.ID)


@routes.get("/batches/{batch_id}/worklist", PAGE, conditional=True)
def list_worklist(batch_id: int, query: WorklistQuery) -> Response:
    """List the scans of a batch, the most urgent first; those without a result come last."""
    return _list(batch_id, query, ScanOrder.WORKLIST)


def _list(batch_id: int, query: ScanListQuery | WorklistQuery, order: ScanOrder) -> Response:
    with services().database.read() as session:
        batch = batches.get_batch(session, batch_id)
        etag, retry_after = batch_etag(batch), batch_retry_after(batch)
        if answer := unchanged(etag, retry_after):
            return answer
        page = scans.list_scans(session, batch_id, query.state, order, query.after, limit=query.limit)
    return polled(page, etag, retry_after)


@routes.get("/scans/{scan_id}", SCAN)
def get_scan(scan_id: int) -> ScanView:
    """Tell where a scan is in its life."""
    with services().database.read() as session:
        return scans.get_scan(session, scan_id)


@routes.get("/scans/{scan_id}/history", Answer("Oldest first.", History))
def scan_history(scan_id: int) -> History:
    """List every change of the scan's state."""
    with services().database.read() as session:
        return History(events=scans.scan_history(session, scan_id))


@routes.post("/scans/{scan_id}/cancel", SCAN, scopes=(Scope.MANAGE,), problems=(409,))
def cancel_scan(scan_id: int) -> ScanView:
    """Cancel a scan that is not finished."""
    with services().database.write() as session:
        return scans.cancel_scan(session, scan_id)


@routes.post("/scans/{scan_id}/retry", SCAN, scopes=(Scope.MANAGE,), problems=(409,))
def retry_scan(scan_id: int) -> ScanView:
    """Try a failed or cancelled scan again."""
    with services().database.write() as session:
        scan = scans.retry_scan(session, scan_id)
    enqueue([scan.id], scan.priority)
    return scan
