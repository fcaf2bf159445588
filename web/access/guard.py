"""The door: who sends a request is found out before anything else, and whether they may do what it asks."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask, current_app, g, request

from shared.addresses import is_login_on
from shared.settings import Settings
from shared.states import Scope
from web.access.local import SAFE_METHODS, is_from_this_machine, refuse_other_sites
from web.access.sessions import csrf_token, install_sessions, require_csrf_token, visitor_by_login
from web.access.tokens import CHALLENGE, FAILURES, new_failures, sent_token, visitor_by_token
from web.access.visitor import NOBODY, THIS_MACHINE, Visitor, Way, may, visitor
from web.problems import ProblemError
from web.services import services

SCOPES = "oncoqueue-scopes"
MAX_FORM_BYTES = 64 * 1024  # of a page; the API sets limits of its own
UNGUARDED: tuple[Scope, ...] = ()
PUBLIC = frozenset({"access.login", "access.logout", "acknowledge.show", "acknowledge.act"})
"""Open to everybody, but they want to know who comes."""


def install_guard(app: Flask, settings: Settings) -> None:
    """Check every request; give templates `current_user`, `login_on`, `may(scope)` and `csrf_token()`."""
    install_sessions(app, settings)
    app.extensions[FAILURES] = new_failures()
    declare(app, "static", UNGUARDED)
    app.before_request(_check)
    app.jinja_env.globals.update(may=may, csrf_token=csrf_token)
    app.context_processor(lambda: {"current_user": visitor(), "login_on": is_login_on(settings)})


def declare(app: Flask, endpoint: str, scopes: Collection[Scope]) -> None:
    """Say what `endpoint` needs: any one of `scopes`, or where there are none, nothing; no one asks who comes.

    Undeclared, it takes `read` to look and `manage` to act.
    """
    app.extensions.setdefault(SCOPES, {})[endpoint] = tuple(scopes)


def _check() -> None:
    g.visitor = NOBODY
    if not request.path.startswith("/api/"):
        request.max_content_length = MAX_FORM_BYTES
    needed = _needed()
    if needed == UNGUARDED:
        return
    g.visitor = found = _identify(services().settings)
    if request.endpoint in PUBLIC:
        return
    if found.way is Way.NONE:
        raise ProblemError(401, "Log in, or send an API token as 'Authorization: Bearer TOKEN'.", headers=CHALLENGE)
    _refuse_forgeries(found)
    _require_scope(found, needed)


def _needed() -> tuple[Scope, ...]:
    default = (Scope.READ,) if request.method in SAFE_METHODS else (Scope.MANAGE,)
    needed: tuple[Scope, ...] = current_app.extensions[SCOPES].get(request.endpoint, default)
    return needed


def _identify(settings: Settings) -> Visitor:
    """Raises ProblemError for a token that is not valid, wherever it comes from."""
    token = sent_token()
    if token is not None:
        return visitor_by_token(token)
    return THIS_MACHINE if is_from_this_machine(settings) else visitor_by_login()


def _refuse_forgeries(found: Visitor) -> None:
    """A browser adds cookies, and comes from this machine, for pages of other sites too; it never adds a token."""
    if request.method in SAFE_METHODS or found.way is Way.TOKEN:
        return
    refuse_other_sites(services().settings)
    if found.way is Way.LOGIN:
        require_csrf_token()


def _require_scope(found: Visitor, needed: tuple[Scope, ...]) -> None:
    if request.endpoint is None:  # There is nothing at this address, which whoever came in may know.
        return
    if not found.scopes.intersection(needed):
        whose = "token" if found.way is Way.TOKEN else "account"
        raise ProblemError(403, f"This needs the scope {' or '.join(needed)}, which the {whose} does not have.")
