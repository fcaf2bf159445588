"""The incoming webhooks of Slack, by the names that rules call them by."""

from __future__ import annotations

import json
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from shared.alerting.targets import DEFAULT, SLACK, Target
from shared.errors import SettingsError
from shared.settings import PREFIX, Settings

SETTING = f"{PREFIX}SLACK_WEBHOOK"

_NAMED = TypeAdapter(dict[str, str])


def slack_webhooks(settings: Settings) -> dict[str, str]:
    """The addresses by name; one address alone is "default". They are secrets.

    Raises SettingsError, which never quotes an address.
    """
    text = settings.slack_webhook.get_secret_value().strip() if settings.slack_webhook else ""
    if not text:
        return {}
    found = _read_named(text) if text.startswith("{") else {DEFAULT: text}
    for name, address in found.items():
        _check(name, address)
    return found


def _read_named(text: str) -> dict[str, str]:
    try:
        return _NAMED.validate_python(json.loads(text))
    except (json.JSONDecodeError, ValidationError):
        raise SettingsError(f'{SETTING} is neither an address nor JSON such as {{"ward": "https://..."}}.') from None


def _check(name: str, address: str) -> None:
    try:
        Target.parse(f"{SLACK}:{name}")
    except ValueError:
        raise SettingsError(f"{SETTING}: {name!r} is no name: use letters, digits, dot, dash, underscore.") from None
    if not _is_private_way(address):
        raise SettingsError(f"{SETTING}: the address of {name!r} must begin with https://.")


def _is_private_way(address: str) -> bool:
    """Whether nobody on the way can read along: TLS, or a server on this host."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
