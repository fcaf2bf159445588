"""The Flask application."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.settings import Settings
from web import health, metrics
from web.access.acknowledge import install_acknowledge
from web.access.guard import install_guard
from web.access.headers import install_headers
from web.access.login import install_login
from web.api import alerts, batches, results, scans, submission
from web.api.document import install_document
from web.api.routing import RowId
from web.dicomweb.stow import install_dicomweb
from web.pages import actions, system
from web.pages import alerts as alert_pages
from web.pages import batches as batch_pages
from web.pages import scan as scan_pages
from web.pages.shell import install_shell
from web.problems import install_problem_handlers
from web.services import EXTENSION, build_services

SUBJECTS = (batches, submission, scans, results, alerts, health, metrics)
PAGES = (batch_pages, scan_pages, alert_pages, system, actions)


def create_app(settings: Settings) -> Flask:
    """An application for one database, one blob store and one Redis; it starts while any of them is away."""
    app = Flask("web", static_url_path="/static")
    app.url_map.converters["row_id"] = RowId
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = build_services(settings)
    install_problem_handlers(app)
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    install_guard(app, settings)
    install_headers(app, settings)
    operations = [operation for subject in SUBJECTS for operation in subject.routes.operations]
    for subject in SUBJECTS:
        subject.routes.install(app)
    install_login(app)
    install_acknowledge(app)
    install_dicomweb(app)
    install_document(app, operations, settings)
    install_shell(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    return app
