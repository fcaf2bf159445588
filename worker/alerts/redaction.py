"""What far sides answer is kept and shown, without what they repeat of a message: links that act, and addresses."""

from __future__ import annotations

import re

_LINK = re.compile(r"[^\s<>\"'()]*(?:://|/alerts/acknowledge/|\bwww\.)[^\s<>\"']*", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:\"[^\"\s]+\"|[^\s<>()\[\]\",;:]+)@[^\s<>()\",;:]+")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def redacted(text: str) -> str:
    """On one line, with `[link]` and `[address]` in place of what they were."""
    line = " ".join(text.split())
    return _ADDRESS.sub("[address]", _LINK.sub("[link]", line))


def enhanced_status(text: str) -> str:
    """The first word where it is an enhanced status code (RFC 3463) such as 5.1.1; else empty."""
    first = text.split(maxsplit=1)[:1]
    return first[0] if first and _ENHANCED.fullmatch(first[0]) else ""
