"""Why a request got no answer, and what to do about it, in one sentence."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from shared.settings import PREFIX
from web.client.errors import ServerAwayError, WrongServerError

PROBE_SECONDS = 5
NAMES = f"{PREFIX}SERVER_URL"
WRONG_NAME_CODES = frozenset({62, 64})  # OpenSSL: the certificate is made out to another host or IP address


def explained(error: httpx.TransportError, address: str) -> ServerAwayError | WrongServerError:
    """The error to raise for `error`: ServerAwayError where the same request may succeed later."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return WrongServerError(_distrust(cause, address))
        if isinstance(cause, ConnectionRefusedError):
            advice = f"Start one with 'oncoqueue up', or name another with {NAMES}."
            return ServerAwayError(f"No server listens at {address}. {advice}")
        if isinstance(cause, socket.gaierror):
            return ServerAwayError(f"No host has the name in {address}. Check {NAMES}.")
    if isinstance(error, httpx.UnsupportedProtocol):
        return WrongServerError(f"{address} is no address of a server: begin it with http:// or https://.")
    if speaks_tls(address):
        return WrongServerError(f"The server at {address} speaks TLS: write https:// in {NAMES}.")
    if speaks_plain_http(address):
        return WrongServerError(f"The server at {address} speaks plain HTTP: write http:// in {NAMES}.")
    return ServerAwayError(f"The server at {address} does not answer ({type(error).__name__}). Check {NAMES}.")


def speaks_tls(address: str) -> bool:
    """Whether TLS is spoken where the address says plain HTTP: such a server only drops the connection."""
    # Nothing is sent and nothing believed: we only ask which language is spoken there.
    asking = ssl._create_unverified_context()  # noqa: S323
    try:
        with _connected(address, "http", 80) as raw, asking.wrap_socket(raw):
            return True
    except OSError:
        return False


def speaks_plain_http(address: str) -> bool:
    """Whether plain HTTP is spoken where the address says TLS: such a server may wait for more, and say nothing."""
    try:
        with _connected(address, "https", 443) as raw:
            raw.sendall(b"HEAD /health/live HTTP/1.0\r\n\r\n")
            return raw.recv(5) == b"HTTP/"
    except OSError:
        return False


def _connected(address: str, scheme: str, port: int) -> socket.socket:
    """A connection to the address. Raises OSError, also where it has another scheme."""
    parts = urlsplit(address)
    if parts.scheme != scheme or parts.hostname is None:
        raise ConnectionError("not asked for this scheme")
    return socket.create_connection((parts.hostname, parts.port or port), timeout=PROBE_SECONDS)


def _distrust(error: ssl.SSLCertVerificationError, address: str) -> str:
    reason = error.verify_message.rstrip(".")
    if error.verify_code in WRONG_NAME_CODES:
        return f"The certificate of {address} is made out to another name: write that name in {NAMES} ({reason})."
    cure = f"name a PEM file that vouches for it in {PREFIX}SERVER_CA_FILE"
    return f"The certificate of {address} is not trusted ({reason}): {cure}."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
