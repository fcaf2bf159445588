"""Links that act: signed, expiring addresses that let the holder of a message acknowledge its alert."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from shared.errors import LinkBrokenError, LinkExpiredError
from shared.hosts import own_host
from shared.settings import Settings

SALT = "acknowledge-delivery"
KEY_FILE = "secret-key"
DAY_SECONDS = 24 * 3600


def public_url(settings: Settings) -> str:
    """The address that people outside reach the pages at, without a slash at its end.

    Where none is set, it is the server's own; one that listens on all addresses is called by this machine's name.
    """
    if settings.public_url:
        return settings.public_url.rstrip("/")
    scheme = "http" if settings.tls_cert is None else "https"
    return f"{scheme}://{_named(settings.host)}:{settings.port}"


def _named(host: str) -> str:
    """The server's host as an address of the web can hold it."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host or own_host()
    if address.is_unspecified:
        return own_host()
    return f"[{address}]" if address.version == 6 else host


def acknowledge_link(settings: Settings, delivery_id: int) -> str:
    """The page on which the recipient of this delivery acknowledges its alert."""
    return f"{public_url(settings)}/alerts/acknowledge/{_serializer(settings).dumps(delivery_id)}"


def read_acknowledge_token(settings: Settings, token: str) -> int:
    """The id of the delivery that the token was made for.

    Raises:
        LinkExpiredError: the link is older than `alert_link_days`.
        LinkBrokenError: we did not make it.
    """
    try:
        return int(_serializer(settings).loads(token, max_age=int(settings.alert_link_days * DAY_SECONDS)))
    except SignatureExpired as error:
        raise LinkExpiredError() from error
    except (BadSignature, ValueError, TypeError) as error:
        raise LinkBrokenError() from error


def secret_key(settings: Settings) -> str:
    """What signs links and cookies: the setting, or a key made once and kept in the data folder."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        _make_key(path)
    return path.read_text(encoding="ascii").strip()


def _make_key(path: Path) -> None:
    """Processes may come here together: the first link wins, and no one ever reads half a key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key(settings), salt=SALT)
