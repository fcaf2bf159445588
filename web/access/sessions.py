"""Logins: a signed cookie that names the account and its epoch, so that a new password ends all of them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError

from shared.links import secret_key
from shared.settings import Settings
from shared.store import logins
from shared.store.accounts import Account, get_account
from web.access.visitor import NOBODY, Visitor, Way, visitor
from web.problems import ProblemError, is_for_a_browser
from web.services import services

IDLE = timedelta(hours=12)
LONGEST = logins.LONGEST_LOGIN
SINCE = "since"
LOGIN = "login"
CSRF_HEADER = "X-CSRFToken"
CSRF_FIELD = "csrf_token"
STALE_PAGE = "The page was open for too long, or its login has ended: reload it and try again."


class Cookies(SecureCookieSessionInterface):
    """Secure exactly where the request is: then also under a name that no other host or plain HTTP can set."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the browser may send the cookie over HTTPS only."""
        return request.is_secure

    def get_cookie_name(self, app: Flask) -> str:
        """Browsers take a `__Host-` cookie only from the host itself, over HTTPS."""
        return "__Host-oncoqueue" if request.is_secure else "oncoqueue"

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Where it has changed, and to renew it on each page that a person opens.

        Not with what scripts ask for: that may be under way while the person logs out, and must not log them in again.
        """
        return session.modified or (session.permanent and LOGIN in session and is_page_load())


class LoggedIn(UserMixin):
    """An account as flask-login knows it."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def get_id(self) -> str:
        """What the cookie says."""
        return f"{self.account.id}:{self.account.epoch}"


def install_sessions(app: Flask, settings: Settings) -> None:
    """Set up cookies, logins and the tokens against forged forms."""
    app.secret_key = secret_key(settings)
    app.session_interface = Cookies()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=IDLE,
        SESSION_REFRESH_EACH_REQUEST=False,  # see Cookies.should_set_cookie
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session, to which it is bound
    )
    manager = LoginManager()
    manager.session_protection = None  # laptops change their address
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(_load)


def is_page_load() -> bool:
    """Whether a person opens a page, as far as the browser tells: not a script that fetches, and no file of ours."""
    if request.method != "GET" or request.path.startswith(("/api/", "/static/")):
        return False
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate" and is_for_a_browser()


def begin_login(account: Account) -> None:
    """Start a login afresh: nothing of what the browser held before goes on."""
    session.clear()
    session.permanent = True
    session[SINCE] = datetime.now(UTC).timestamp()
    session[LOGIN] = secrets.token_urlsafe(32)
    login_user(LoggedIn(account))


def end_login() -> None:
    """Forget the login, in this browser and wherever its cookie was copied to."""
    with services().database.write() as writing:
        logins.end_login(writing, session[LOGIN])
    logout_user()
    session.clear()


def visitor_by_login() -> Visitor:
    """Who has logged in, or NOBODY."""
    if not current_user.is_authenticated:
        return NOBODY
    account: Account = current_user.account
    return Visitor(Way.LOGIN, account.name, account.scopes)


def csrf_token() -> str:
    """What forms and scripts must send with what they do. Who comes without a cookie needs none, and gets none."""
    if visitor().way in {Way.LOCAL, Way.TOKEN}:
        return ""
    if not session.permanent:  # setting it again would send the cookie again
        session.permanent = True
    token: str = generate_csrf()
    return token


def require_csrf_token() -> None:
    """Raises ProblemError (403). Under /api/ only the header counts: a body may be a large upload, not yet read."""
    token = request.headers.get(CSRF_HEADER)
    if token is None and not request.path.startswith("/api/"):
        token = request.form.get(CSRF_FIELD)
    try:
        validate_csrf(token)
    except ValidationError as error:
        raise ProblemError(403, STALE_PAGE) from error


def _load(cookie: str) -> LoggedIn | None:
    """The account that the cookie names, unless its login is over. Raises DatabaseUnavailableError."""
    account_id, _, epoch = cookie.partition(":")
    since = session.get(SINCE, 0.0)
    if datetime.now(UTC).timestamp() - since > LONGEST.total_seconds():
        return None
    with services().database.read() as reading:
        if LOGIN not in session or logins.is_ended(reading, session[LOGIN]):
            return None
        account = get_account(reading, int(account_id))
    return LoggedIn(account) if account is not None and str(account.epoch) == epoch else None
