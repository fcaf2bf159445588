"""Every error leaves as `application/problem+json` (RFC 9457), never as a stack trace; a browser gets a page."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import cast

from flask import Flask, Response, g, redirect, render_template, request, url_for
from gunicorn.http.errors import ParseException
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from shared.errors import BlobMissingError, ConflictError, CursorError, DatabaseUnavailableError, NotFoundError
from web.access.destinations import safe_destination
from web.problem import FieldProblem, Problem

MEDIA_TYPE = "application/problem+json"
PROGRAMS_ONLY = ("/api/", "/dicomweb/", "/health/", "/metrics")
RETRY_SECONDS = 5  # what Retry-After says when a server we need is away

logger = logging.getLogger(__name__)


class ProblemError(Exception):
    """Ends the request with a problem document of the given status."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


def problem_response(error: ProblemError) -> Response:
    """The HTTP answer for `error`."""
    title = HTTPStatus(error.status).phrase
    problem = Problem(title=title, status=error.status, detail=error.detail, instance=request.path, errors=error.errors)
    headers = {"Cache-Control": "no-store", **error.headers}
    if is_for_a_browser():
        return _page(problem, headers)
    return Response(problem.model_dump_json(), status=error.status, content_type=MEDIA_TYPE, headers=headers)


def is_for_a_browser() -> bool:
    """Whether a person looks at the answer: the page of a browser, not what its scripts fetch."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith(PROGRAMS_ONLY)


def _page(problem: Problem, headers: dict[str, str]) -> Response:
    """The problem in words; who must log in first goes there."""
    if problem.status == HTTPStatus.UNAUTHORIZED:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return cast(Response, redirect(url_for("access.login", next=wanted), 303))
    wait = headers.get("Retry-After")
    again = safe_destination(request.full_path.rstrip("?") if request.method == "GET" else None)
    text = render_template("access/problem.html", problem=problem, wait=wait, again=again)
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return Response(text, status=problem.status, headers=kept)


def invalid(location: str, error: ValidationError) -> ProblemError:
    """A 422 that names each field of `location` ("body" or "query") that pydantic refused."""
    errors = [
        FieldProblem(where=".".join([location, *map(str, item["loc"])]), message=item["msg"])
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return ProblemError(422, f"The {location} of the request is not valid.", errors=errors)


def install_problem_handlers(app: Flask) -> None:
    """Make `app` answer every exception with a problem document."""
    app.register_error_handler(ProblemError, problem_response)
    app.register_error_handler(HTTPException, _from_http_exception)
    app.register_error_handler(NotFoundError, lambda error: problem_response(ProblemError(404, str(error))))
    app.register_error_handler(BlobMissingError, lambda error: problem_response(ProblemError(404, str(error))))
    app.register_error_handler(ConflictError, lambda error: problem_response(ProblemError(409, str(error))))
    app.register_error_handler(CursorError, lambda error: problem_response(ProblemError(422, str(error))))
    app.register_error_handler(DatabaseUnavailableError, _database_away)
    app.register_error_handler(ParseException, lambda _: problem_response(ProblemError(400, "The body is broken.")))
    app.register_error_handler(OSError, _from_os_error)
    app.register_error_handler(Exception, _unexpected)


def _from_http_exception(error: HTTPException) -> Response:
    kept = {name: value for name, value in error.get_headers() if name.lower() not in {"content-type"}}
    detail = error.description or HTTPStatus(error.code or 500).phrase
    return problem_response(ProblemError(error.code or 500, detail, headers=kept))


def _database_away(_: DatabaseUnavailableError) -> Response:
    logger.warning("database_away")
    g.open_alerts = 0  # the frame of the page must not wait for the database too, see web.pages.shell
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return problem_response(ProblemError(503, "The database does not answer; try again shortly.", headers=headers))


def _from_os_error(error: OSError) -> Response:
    if isinstance(error, (BlockingIOError, TimeoutError)):  # the socket's own limit, see web.server
        return problem_response(ProblemError(400, "The body did not arrive in time."))
    if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}:
        return _unexpected(error)
    logger.error("blob_store_refuses", extra={"errno": error.errno})
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return problem_response(ProblemError(503, "The blob store cannot be written to.", headers=headers))


def _unexpected(error: Exception) -> Response:
    logger.exception("unexpected_error", exc_info=error)
    return problem_response(ProblemError(500, "The server made a mistake; its log says more."))
