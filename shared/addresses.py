"""Addresses of the web server: where it is found, and which can only be reached from this machine."""

from __future__ import annotations

from ipaddress import ip_address

from shared.errors import SettingsError
from shared.settings import PREFIX, Settings

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what listens there is reached here


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) can only be reached from this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_login_on(settings: Settings) -> bool:
    """Whether everybody needs a login or a token; without it, visitors from this machine do not."""
    return settings.login == "always" or settings.trusted_proxies > 0 or not is_loopback(settings.host)


def web_address(settings: Settings) -> str:
    """The URL at which this machine reaches the web server that runs with these settings."""
    host = EVERYWHERE.get(settings.host, settings.host)
    scheme = "http" if settings.tls_cert is None else "https"
    return f"{scheme}://[{host}]:{settings.port}" if ":" in host else f"{scheme}://{host}:{settings.port}"


def server_address(settings: Settings) -> str:
    """The URL at which clients find their server: where none is named, the one that `oncoqueue up` starts.

    Raises SettingsError where that picks its port itself.
    """
    if settings.server_url is not None:
        return settings.server_url
    if settings.port == 0:
        raise SettingsError(f"{PREFIX}PORT=0 says of no server where it is: set {PREFIX}SERVER_URL.")
    return web_address(settings)
