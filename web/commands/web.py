"""`oncoqueue web`: run the web server."""

from __future__ import annotations

import ssl

import click

from shared.errors import SettingsError
from shared.settings import Settings, load_settings
from web.server import become_server


@click.command()
@click.option("--host", help="Address to listen on. [default: ONCOQUEUE_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: ONCOQUEUE_PORT or 8077]")
def web(host: str | None, port: int | None) -> None:
    """Run the web server: HTTP API and pages, until SIGTERM or Ctrl-C.

    On any address but a loopback one people need a login (oncoqueue user add) and programs a token (oncoqueue token
    create). Behind a reverse proxy on this machine set ONCOQUEUE_LOGIN=always, or its visitors count as this machine.
    ONCOQUEUE_TLS_CERT and ONCOQUEUE_TLS_KEY make it serve HTTPS.
    """
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings().model_copy(update=given)
    become_server(settings.host, settings.port, certificate(settings))


def certificate(settings: Settings) -> tuple[str, str] | None:
    """The files of the server's certificate and its key; None without TLS. Raises SettingsError."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    files = str(settings.tls_cert), str(settings.tls_key)
    try:
        # An empty password: asked for none, OpenSSL would wait at the terminal.
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(*files, password="")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"ONCOQUEUE_TLS_CERT and ONCOQUEUE_TLS_KEY must name a certificate and its key as PEM: {error}."
        ) from error
    return files
