"""Batches: create, list, look at, close, cancel, retry."""

from __future__ import annotations

from flask import Response

from shared.schemas import BatchCreate, BatchView, Page
from shared.states import Scope
from shared.store import batches
from web.api.routing import Answer, Routes
from web.api.schemas import BatchListQuery
from web.enqueue import enqueue
from web.polling import LISTING_SECONDS, batch_etag, batch_retry_after, polled, polled_by_content, unchanged
from web.services import services

routes = Routes("batches")
POLLED = ("ETag", "Retry-After")
CREATED = Answer("A new batch.", BatchView, status=201, headers=("Location",))
CONTINUED = Answer("The open batch with this `client_key`: go on with it.", BatchView, headers=("Location",))
BATCH = Answer("The batch as it is now.", BatchView)
POLLED_BATCH = Answer("The batch as it is now.", BatchView, headers=POLLED)
PAGE = Answer("A page of batches.", Page[BatchView], headers=POLLED)


@routes.post("/batches", CREATED, others=(CONTINUED,))
def create_batch(body: BatchCreate) -> Response:
    """Create a batch, or go on with the open one that has the same `client_key`."""
    with services().database.write() as session:
        batch, created = batches.create_batch(session, body)
    headers = {"Location": f"/api/v1/batches/{batch.id}", "Cache-Control": "no-store"}
    status = CREATED.status if created else CONTINUED.status
    return Response(batch.model_dump_json(), status=status, content_type="application/json", headers=headers)


@routes.get("/batches", PAGE, conditional=True)
def list_batches(query: BatchListQuery) -> Response:
    """List batches, newest first."""
    with services().database.read() as session:
        page = batches.list_batches(session, query.after, query.limit)
    busy = any(not batch.finished for batch in page.items)
    return polled_by_content(page, LISTING_SECONDS if busy else None)


@routes.get("/batches/{batch_id}", POLLED_BATCH, conditional=True)
def get_batch(batch_id: int) -> Response:
    """Tell how far a batch is."""
    with services().database.read() as session:
        batch = batches.get_batch(session, batch_id)
    etag, retry_after = batch_etag(batch), batch_retry_after(batch)
    return unchanged(etag, retry_after) or polled(batch, etag, retry_after)


@routes.post("/batches/{batch_id}/close", BATCH, scopes=(Scope.SUBMIT, Scope.MANAGE))
def close_batch(batch_id: int) -> BatchView:
    """Say that no more scans will come. Closing a closed batch changes nothing."""
    with services().database.write() as session:
        return batches.close_batch(session, batch_id)


@routes.post("/batches/{batch_id}/cancel", BATCH, scopes=(Scope.MANAGE,))
def cancel_batch(batch_id: int) -> BatchView:
    """Cancel every scan of the batch that is not finished. Results that are there stay."""
    with services().database.write() as session:
        return batches.cancel_batch(session, batch_id)


@routes.post("/batches/{batch_id}/retry", BATCH, scopes=(Scope.MANAGE,))
def retry_batch(batch_id: int) -> BatchView:
    """Try the failed and cancelled scans of the batch again. Rejected ones are not: their input is at fault."""
    with services().database.write() as session:
        batch, scan_ids = batches.retry_batch(session, batch_id)
    enqueue(scan_ids, batch.priority)
    return batch
