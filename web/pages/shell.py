"""What the frame around every page needs: where one can go, and how many alerts nobody has acknowledged."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, g, render_template, request, url_for

from shared.errors import DatabaseUnavailableError
from shared.states import Scope
from shared.store.alerts import count_open
from web.access.visitor import may
from web.polling import IDLE_SECONDS, polled_page_part
from web.services import services

SECTIONS = (
    ("Batches", "pages.batch_list", ("pages", "scan_pages")),
    ("Alerts", "alert_pages.alert_list", ("alert_pages",)),
    ("System", "system_pages.system", ("system_pages",)),
)

blueprint = Blueprint("shell", __name__)


@dataclass(frozen=True)
class Section:
    """An entry of the navigation; `current`: the page shown is in it."""

    name: str
    address: str
    current: bool


def install_shell(app: Flask) -> None:
    """Give the templates of `app` what base.html asks for, and serve what its head keeps fresh."""
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"sections": sections, "open_alerts": open_alerts})


@blueprint.get("/alerts/open")
def badge() -> Response:
    """The badge alone: what changes on a page where nothing else does."""
    return polled_page_part(render_template("open_alerts.html"), IDLE_SECONDS)


def with_badge(template: str, **values: object) -> str:
    """A piece of a page, and the badge in the page's head, which changes as well."""
    return render_template("open_alerts.html") + render_template(template, **values)


def sections() -> list[Section]:
    """The entries of the navigation; none for who may not read."""
    if not may(Scope.READ):
        return []
    return [
        Section(name, url_for(endpoint), request.blueprint in blueprints)
        for name, endpoint, blueprints in SECTIONS
        if endpoint in current_app.view_functions
    ]


def open_alerts() -> int:
    """How many alerts nobody has acknowledged; 0 where that cannot be asked: a page about it must still appear."""
    if "open_alerts" not in g:
        g.open_alerts = _count_open() if may(Scope.READ) else 0
    count: int = g.open_alerts
    return count


def _count_open() -> int:
    try:
        with services().database.read() as session:
            return count_open(session)
    except DatabaseUnavailableError:
        return 0
