"""The pages to log in and out."""

from __future__ import annotations

import logging
from collections import OrderedDict
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
FAILURES_PER_ADDRESS = "30 per minute; 300 per hour"
FAILURES_PER_PAIR = "10 per minute; 50 per hour"  # of a name and an address
FAILURES_PER_NAME = "100 per minute; 500 per hour"  # from wherever: loose, since anybody can use them up
FAMILIAR_PAIRS = 10_000
MAX_NAME_CHARS = 200
WRONG = "The name or the password is wrong."
TOO_OFTEN = "There were too many tries to log in."
TOO_OFTEN_AS = "There were too many tries to log in under this name."

blueprint = Blueprint("access", __name__)
logger = logging.getLogger(__name__)


class LoginDesk:
    """What checks passwords and counts failures, for one app. Names that nobody has are counted like others."""

    def __init__(self) -> None:
        self._passwords = Passwords()
        self._by_address = Throttle(FAILURES_PER_ADDRESS, TOO_OFTEN)
        self._by_pair = Throttle(FAILURES_PER_PAIR, TOO_OFTEN_AS)
        self._by_name = Throttle(FAILURES_PER_NAME, TOO_OFTEN_AS)
        self._familiar: OrderedDict[str, None] = OrderedDict()  # pairs that have logged in, the latest last

    def admit(self, name: str, password: str) -> Account | None:
        """The account of this name if the password is right. Raises ProblemError (429) after too many failures.

        Who fails under another's name must not keep that person out: the limit for a name does not hold for the
        addresses from which its owner has logged in.
        """
        address = client_address()
        pair = f"{address} {name}"
        counted = {self._by_address: address, self._by_pair: pair, self._by_name: name}
        for throttle, key in counted.items():
            if throttle is not self._by_name or pair not in self._familiar:
                throttle.check(key)
        account = self._checked(name, password)
        if account is None:
            for throttle, key in counted.items():
                throttle.count(key)
            logger.warning("login_refused", extra={"address": request.remote_addr})
            return None
        self._remember(pair)
        return account

    def _checked(self, name: str, password: str) -> Account | None:
        with services().database.read() as session:
            account = find_account(session, name)
        checked = self._passwords.check(account.password_hash if account else None, password)
        if account is None or not checked.right:
            return None
        with services().database.write() as session:
            record_login(session, account, checked.new_hash)
        return account

    def _remember(self, pair: str) -> None:
        self._familiar[pair] = None
        self._familiar.move_to_end(pair)
        if len(self._familiar) > FAMILIAR_PAIRS:
            self._familiar.popitem(last=False)


def install_login(app: Flask) -> None:
    """Add the pages."""
    app.extensions[EXTENSION] = LoginDesk()
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
