"""What every answer tells the browser: to run nothing but our own files, and to keep nothing that it shows."""

from __future__ import annotations

from flask import Flask, Response, request

from shared.settings import Settings

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
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that, browsers send "Origin: null" with the forms of our own pages.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "; ".join(POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DAY_SECONDS = 24 * 3600


def install_headers(app: Flask, settings: Settings) -> None:
    """Add them to every answer that does not set its own."""
    if settings.hsts_days:
        hsts = f"max-age={settings.hsts_days * DAY_SECONDS}"
        app.after_request(lambda response: _demand_https(response, hsts))
    app.after_request(_add)


def _add(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _demand_https(response: Response, hsts: str) -> Response:
    """Off by default: browsers hold it against every service on this host, whatever its port."""
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", hsts)
    return response
