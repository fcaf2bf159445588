"""Which addresses can only be reached from this machine, and what follows from that."""

from __future__ import annotations

from ipaddress import ip_address

from shared.settings import Settings


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) can only be reached from this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def refusal(settings: Settings) -> str | None:
    """Why the server must not start with these settings, in one sentence; None if it may."""
    if settings.api_token is None and not is_loopback(settings.host):
        return (
            f"Refusing to serve on {settings.host} without a token: "
            "set ONCOQUEUE_API_TOKEN or ONCOQUEUE_API_TOKEN_FILE, or bind to 127.0.0.1."
        )
    return None
