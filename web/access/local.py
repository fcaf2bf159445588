"""Requests from this machine, which need no login, and pages of other sites that pretend to be such.

A reverse proxy on this machine also connects from a loopback address. It is told by the headers that proxies add, but
not every proxy adds them: behind one, set ONCOQUEUE_LOGIN=always.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from shared.addresses import is_login_on, is_loopback
from shared.settings import Settings
from web.problems import ProblemError

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")


def is_from_this_machine(settings: Settings) -> bool:
    """Whether the request needs no login.

    The Host header must be a loopback one too: a web page can point a name of its own at this machine (DNS
    rebinding), and then its visitor's browser sends that name.
    """
    if is_login_on(settings) or any(name in request.headers for name in PROXY_HEADERS):
        return False
    return is_loopback_host() and is_loopback(request.remote_addr or "")


def is_loopback_host() -> bool:
    """Whether the request was sent to a name that can only be reached from this machine."""
    return is_loopback(urlsplit(f"//{request.host}").hostname or "")


def refuse_other_sites(settings: Settings) -> None:
    """Keep pages of other sites from acting in their visitor's name. Raises ProblemError (403)."""
    if request.method in SAFE_METHODS:
        return
    own = {request.host, urlsplit(settings.public_url or "").netloc}
    origin = request.headers.get("Origin")
    # Compared as text: a malformed Origin is just another site.
    if origin and origin.partition("://")[2] not in own - {""}:
        raise ProblemError(403, "The request comes from a page of another site.")
