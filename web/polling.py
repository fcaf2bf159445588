"""What is polled carries an ETag, and tells the client when to come back."""

from __future__ import annotations

from hashlib import sha256

from flask import Response, request
from pydantic import BaseModel

from shared.schemas import BatchView

BUSY_SECONDS = 2  # between two looks at a batch that is being worked on
LISTING_SECONDS = 5  # between two looks at a list
IDLE_SECONDS = 20  # between two looks at a page where nothing happens: somebody may do something elsewhere


def batch_etag(batch: BatchView) -> str:
    """Names this state of the batch together with what was asked about it."""
    query = sha256(request.full_path.encode()).hexdigest()[:12]
    return f"{batch.id}-{batch.version}-{query}"


def batch_retry_after(batch: BatchView) -> int | None:
    """Seconds until asking about `batch` again is sensible; None once nothing will change by itself."""
    return None if batch.finished else BUSY_SECONDS


def unchanged(etag: str, retry_after: int | None) -> Response | None:
    """A 304 if the client already has what `etag` names."""
    if not request.if_none_match.contains_weak(etag):
        return None
    return _labelled(Response(status=304), etag, retry_after)


def polled(model: BaseModel, etag: str, retry_after: int | None) -> Response:
    """`model` as JSON with its labels."""
    return _labelled(Response(model.model_dump_json(), content_type="application/json"), etag, retry_after)


def polled_by_content(model: BaseModel, retry_after: int | None) -> Response:
    """`model` as JSON, its ETag made from the bytes; a 304 if the client has them."""
    body = model.model_dump_json()
    etag = sha256(body.encode()).hexdigest()[:32]
    return unchanged(etag, retry_after) or _labelled(Response(body, content_type="application/json"), etag, retry_after)


def fragment_etag(*parts: object) -> str:
    """Names what a piece of a page is made from, together with what was asked for."""
    return sha256(repr((request.full_path, parts)).encode()).hexdigest()[:32]


def polled_fragment(html: str, etag: str, retry_after: int | None) -> Response:
    """A piece of a page with its labels."""
    return _labelled(Response(html, content_type="text/html; charset=utf-8"), etag, retry_after)


def polled_page_part(html: str, retry_after: int) -> Response:
    """A piece of a page, its ETag made from what it says; a 304 if the client has it. It carries no token of a form."""
    etag = fragment_etag(html)
    return unchanged(etag, retry_after) or polled_fragment(html, etag, retry_after)


def _labelled(response: Response, etag: str, retry_after: int | None) -> Response:
    response.set_etag(etag)
    response.headers["Cache-Control"] = "private, no-cache"
    if response.status_code == 304:
        del response.headers["Content-Type"]
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
