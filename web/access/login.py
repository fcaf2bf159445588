"""The pages to log in and out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, url_for

from shared.store.accounts import Account, find_account, has_accounts, record_login
from web.access.destinations import safe_destination
from web.access.local import is_loopback_host, refuse_other_sites
from web.access.passwords import Passwords
from web.access.sessions import begin_login, end_login, require_csrf_token
from web.access.throttle import Throttle, client_address
from web.access.visitor import Way, visitor
from web.problems import ProblemError
from web.services import services

EXTENSION = "oncoqueue-login"
TRIES_PER_ADDRESS = "30 per minute; 300 per hour"
TRIES_PER_NAME = "10 per minute; 100 per hour"
MAX_NAME_CHARS = 200
WRONG = "The name or the password is wrong."
TOO_OFTEN = "There were too many tries to log in."
TOO_OFTEN_AS = "There were too many tries to log in under this name."

blueprint = Blueprint("access", __name__)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoginDesk:
    """What checks passwords and counts tries, for one app."""

    passwords: Passwords
    by_address: Throttle
    by_name: Throttle

    def admit(self, name: str, password: str) -> Account | None:
        """The account of this name if the password is right. Raises ProblemError (429) after too many tries."""
        self.by_address.take(client_address())
        self.by_name.take(name)
        with services().database.read() as session:
            account = find_account(session, name)
        checked = self.passwords.check(account.password_hash if account else None, password)
        if account is None or not checked.right:
            logger.warning("login_refused", extra={"address": request.remote_addr})
            return None
        with services().database.write() as session:
            record_login(session, account, checked.new_hash)
        return account


def install_login(app: Flask) -> None:
    """Add the pages."""
    by_address = Throttle(TRIES_PER_ADDRESS, TOO_OFTEN)
    app.extensions[EXTENSION] = LoginDesk(Passwords(), by_address, Throttle(TRIES_PER_NAME, TOO_OFTEN_AS))
    app.register_blueprint(blueprint)


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> Response:
    """Ask for name and password; without an account yet, say how to make one."""
    destination = safe_destination(request.args.get("next"))
    if visitor().way in {Way.LOCAL, Way.LOGIN}:
        return cast(Response, redirect(destination, 303))
    if not request.is_secure and not is_loopback_host():
        return _page("insecure", status=403)
    with services().database.read() as session:
        if not has_accounts(session):
            return _page("empty")
    return _try(destination) if request.method == "POST" else _page("ask")


@blueprint.post("/logout")
def logout() -> Response:
    """End the login."""
    if visitor().way is Way.LOGIN:
        refuse_other_sites(services().settings)
        require_csrf_token()
        end_login()
    return cast(Response, redirect(url_for("access.login"), 303))


def _try(destination: str) -> Response:
    try:
        refuse_other_sites(services().settings)
        require_csrf_token()
        desk: LoginDesk = current_app.extensions[EXTENSION]
        account = desk.admit(_name(), request.form.get("password", ""))
    except ProblemError as problem:
        return _page("ask", problem.detail, problem.status, problem.headers)
    if account is None:
        return _page("ask", WRONG, 401)
    begin_login(account)
    return cast(Response, redirect(destination, 303))


def _name() -> str:
    return request.form.get("name", "").strip().lower()[:MAX_NAME_CHARS]


def _page(
    state: str, complaint: str | None = None, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    wait = (headers or {}).get("Retry-After")
    text = render_template("access/login.html", state=state, complaint=complaint, wait=wait, tried=_name())
    return Response(text, status=status, headers=headers or {})
