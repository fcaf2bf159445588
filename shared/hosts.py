"""Names of hosts, and the addresses on them that mails and links carry."""

from __future__ import annotations

import re
import socket
from functools import cache
from urllib.parse import urlsplit

import idna

# A local part in any script (RFC 6531), and a domain before it is put into its ASCII form.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)*")
_ADDRESS_BYTES = 254
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_PLAIN_URL = re.compile(r"[^\s<>|\"'\\^`{}?#]+")
UNKNOWN_HOST = "localhost"


def ascii_host(name: str) -> str:
    """The name as name servers know it: `klinik-münchen.de` is `xn--klinik-mnchen-3ob.de`. Raises ValueError."""
    return name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")


def ascii_address(address: str) -> str:
    """The e-mail address with its domain in ASCII; the part before the @ stays as it is. Raises ValueError."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not an e-mail address")
    local, _, domain = address.rpartition("@")
    plain = f"{local}@{ascii_host(domain)}"
    if len(plain.encode()) > _ADDRESS_BYTES:
        raise ValueError("an e-mail address that is too long")
    return plain


def is_address(text: str) -> bool:
    """Whether this is an e-mail address with a domain that can exist."""
    try:
        ascii_address(text)
    except ValueError:
        return False
    return True


def checked_base(url: str) -> str:
    """The address that links begin with, without a slash at its end. Raises ValueError with what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it with its scheme, such as https://oncoqueue.hospital.example")
    if not _PLAIN_URL.fullmatch(url) or parts.query or parts.fragment or parts.username is not None or parts.port == 0:
        raise ValueError("write scheme, host, port and path alone, such as https://oncoqueue.hospital.example")
    return url.rstrip("/")


@cache
def own_host() -> str:
    """This machine's full name in ASCII. Asked once: it may have to come from a slow name server."""
    try:
        name = ascii_host(socket.getfqdn())
    except ValueError:
        return UNKNOWN_HOST
    return name if _HOST.fullmatch(name) else UNKNOWN_HOST
