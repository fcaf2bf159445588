"""Programs that send `Authorization: Bearer TOKEN`."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from flask import current_app, request

from shared.errors import DatabaseUnavailableError
from shared.store.tokens import ApiToken, find_token, is_use_stale, record_use
from web.access.throttle import Throttle, client_address
from web.access.visitor import Visitor, Way
from web.problems import ProblemError
from web.services import services

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="OncoQueue"'}
FAILURES = "oncoqueue-token-failures"
FAILURES_ALLOWED = "60 per minute"
TOO_MANY = "This address has sent too many tokens that are not known."
UNKNOWN = "The API token is not known, was revoked or has expired: make another with 'oncoqueue token create'."

logger = logging.getLogger(__name__)


def new_failures() -> Throttle:
    """Counts unknown tokens by address. Known ones are never held up by others from the same address."""
    return Throttle(FAILURES_ALLOWED, TOO_MANY)


def sent_token() -> str | None:
    """The token that the request carries; None where it carries none."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else None


def visitor_by_token(text: str) -> Visitor:
    """Whoever holds the token. Raises ProblemError: 401, or 429 after too many failures; DatabaseUnavailableError."""
    with services().database.read() as session:
        token = find_token(session, text)
    if token is None:
        failures: Throttle = current_app.extensions[FAILURES]
        failures.take(client_address())
        raise ProblemError(
            401, UNKNOWN, headers={"WWW-Authenticate": f'{CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'}
        )
    _record_use(token)
    return Visitor(Way.TOKEN, token.name, token.scopes)


def _record_use(token: ApiToken) -> None:
    """The record is for people who tidy up; a request must not fail for it."""
    if not is_use_stale(token, datetime.now(UTC)):
        return
    try:
        with services().database.write() as session:
            record_use(session, token)
    except DatabaseUnavailableError:
        logger.warning("token_use_not_recorded", extra={"token_id": token.id})
