"""Names of hosts, and e-mail addresses on them, in the ASCII form that mail and links can carry everywhere."""

from __future__ import annotations

import re
import socket
from functools import cache

import idna

# A local part in any script (RFC 6531), and a domain before it is put into its ASCII form.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)*")
_ADDRESS_BYTES = 254
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
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


@cache
def own_host() -> str:
    """This machine's full name in ASCII. Asked once: it may have to come from a slow name server."""
    try:
        name = ascii_host(socket.getfqdn())
    except ValueError:
        return UNKNOWN_HOST
    return name if _HOST.fullmatch(name) else UNKNOWN_HOST
