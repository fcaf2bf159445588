"""Reasons and notes as they are kept: one line of bounded length."""

from __future__ import annotations

REASON_LENGTH = 500


def one_line(text: str, length: int = REASON_LENGTH) -> str:
    """One printable line of at most so many characters. A text may quote what came in; PostgreSQL takes no NUL."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:length]
