"""The Flask application."""

from __future__ import annotations

from flask import Flask, Response

from shared.errors import SettingsError
from shared.settings import Settings
from web import health, metrics
from web.addresses import refusal
from web.api import batches, results, scans, submission
from web.api.document import install_document
from web.api.routing import RowId
from web.auth import install_guard
from web.pages import batches as batch_pages
from web.pages.shell import install_shell
from web.problems import install_problem_handlers
from web.services import EXTENSION, build_services

SUBJECTS = (batches, submission, scans, results, health, metrics)
PAGES = (batch_pages,)
POLICY = (
    "default-src 'none'",
    "img-src 'self'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "; ".join(POLICY),
}


def create_app(settings: Settings) -> Flask:
    """An application for one database, one blob store and one Redis; it starts while any of them is away.

    Raises SettingsError where it would serve other machines without a token.
    """
    if reason := refusal(settings):
        raise SettingsError(reason)
    app = Flask("web", static_url_path="/static")
    app.url_map.converters["row_id"] = RowId
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = build_services(settings)
    install_problem_handlers(app)
    install_guard(app, settings)
    app.after_request(_secure)
    operations = [operation for subject in SUBJECTS for operation in subject.routes.operations]
    for subject in SUBJECTS:
        subject.routes.install(app)
    install_document(app, operations, settings)
    install_shell(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    return app


def _secure(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
