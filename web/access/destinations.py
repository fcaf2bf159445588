"""Where a login leads to: an address of ours that the visitor wanted, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

HOME = "/"
MAX_CHARS = 2000


def safe_destination(wanted: str | None) -> str:
    """`wanted` if it is a path on this server, else the first page.

    Browsers read `//host` and `/\\host` as another host, and leave out tabs and line ends before they look.
    """
    if not wanted or len(wanted) > MAX_CHARS or not wanted.startswith("/") or wanted.startswith("//"):
        return HOME
    if "\\" in wanted or not wanted.isprintable():
        return HOME
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else wanted
