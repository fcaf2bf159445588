"""What the frame around every page needs: where one can go, and how many alerts nobody has acknowledged."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

from web.pages.upload import upload_limits

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
    app.context_processor(lambda: {"sections": sections, "upload_limits": upload_limits})


def sections() -> list[Section]:
    """The entries of the navigation."""
    return [
        Section(name, url_for(endpoint), request.blueprint in blueprints)
        for name, endpoint, blueprints in SECTIONS
        if endpoint in current_app.view_functions
    ]
