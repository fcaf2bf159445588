"""`oncoqueue web`: run the web server."""

from __future__ import annotations

import click

from shared.settings import load_settings
from web.addresses import refusal
from web.server import become_server


@click.command()
@click.option("--host", help="Address to listen on. [default: ONCOQUEUE_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: ONCOQUEUE_PORT or 8077]")
def web(host: str | None, port: int | None) -> None:
    """Run the web server: HTTP API and pages, until SIGTERM or Ctrl-C.

    On any address but a loopback one it needs ONCOQUEUE_API_TOKEN or ONCOQUEUE_API_TOKEN_FILE.
    """
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings().model_copy(update=given)
    if reason := refusal(settings):
        raise click.ClickException(reason)
    become_server(settings.host, settings.port)
