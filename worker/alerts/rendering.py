"""Messages through their templates. What goes into HTML is escaped."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from worker.alerts.content import RESEARCH_USE_ONLY, AlertMessage


def render(template: str, message: AlertMessage, **more: str) -> str:
    """The template's text for this message."""
    return environment().get_template(template).render(message=message, research=RESEARCH_USE_ONLY, **more)


@cache
def environment() -> Environment:
    """The templates beside this file; a name that they misspell is an error."""
    return Environment(
        loader=PackageLoader("worker.alerts"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
