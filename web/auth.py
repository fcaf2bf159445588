"""Who may speak to the server: holders of the token, or, where none is set, programs and pages of this machine."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Flask, request

from shared.settings import Settings
from web.addresses import is_loopback
from web.problems import ProblemError

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="OncoQueue"'}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def install_guard(app: Flask, settings: Settings) -> None:
    """Check every request but those for /health/*."""

    @app.before_request
    def check() -> None:
        if request.path.startswith("/health/"):
            return
        if settings.api_token is not None:
            _require_token(settings.api_token.get_secret_value())
        else:
            _require_this_machine()


def _require_token(token: str) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not same:
        raise ProblemError(401, "Send the API token as 'Authorization: Bearer TOKEN'.", headers=CHALLENGE)


def _require_this_machine() -> None:
    """Without a token, keep out web pages of other sites: by DNS rebinding (Host) and by forged forms (Origin)."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(host):
        raise ProblemError(403, "Without an API token only this machine is served, under a loopback address.")
    origin = request.headers.get("Origin")
    # Compared as text: a malformed Origin is just another site.
    if request.method not in SAFE_METHODS and origin and origin.partition("://")[2] != request.host:
        raise ProblemError(403, "The request comes from a page of another site.")
