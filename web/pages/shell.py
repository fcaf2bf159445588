"""What the frame around every page needs: where one can go, and how many alerts nobody has acknowledged."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, g, request, url_for

from shared.errors import DatabaseUnavailableError
from shared.states import Scope
from shared.store.alerts import count_open
from web.access.visitor import may
from web.services import services

SECTIONS = (
    ("Batches", "pages.batch_list", ("pages", "scan_pages")),
    ("Alerts", "alert_pages.alert_list", ("alert_pages",)),
    ("System", "system_pages.system", ("system_pages",)),
)


@dataclass(frozen=True)
class Section:
    """An entry of the navigation; `current`: the page shown is in it."""

    name: str
    address: str
    current: bool


def install_shell(app: Flask) -> None:
    """Give the templates of `app` what base.html asks for."""
    app.context_processor(lambda: {"sections": sections, "open_alerts": open_alerts})


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
