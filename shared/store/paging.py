"""Keyset pagination: a page ends with the key of its last row, and the next begins after it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.errors import CursorError
from shared.schemas import Page

Row = TypeVar("Row")
Item = TypeVar("Item")

MAX_ID = 2**63 - 1


def page_of(rows: Sequence[Row], limit: int, view: Callable[[Row], Item], cursor: Callable[[Row], str]) -> Page[Item]:
    """A page from up to `limit + 1` rows: the one too many tells that there is a next page."""
    shown = rows[:limit]
    return Page(items=[view(row) for row in shown], next=cursor(shown[-1]) if len(rows) > limit else None)


def read_id(after: str) -> int:
    """The id in a cursor of a listing by id. Raises CursorError."""
    try:
        number = int(after)
    except ValueError:
        raise CursorError(after) from None
    if not 0 <= number <= MAX_ID:
        raise CursorError(after)
    return number


def rank_cursor(rank: float, scan_id: int) -> str:
    """The cursor of a worklist; `repr` gives the float back exactly."""
    return f"{rank!r}_{scan_id}"


def read_rank(after: str) -> tuple[float, int]:
    """The rank and id in a cursor of a worklist. Raises CursorError."""
    text, _, number = after.partition("_")
    try:
        rank = float(text)
    except ValueError:
        raise CursorError(after) from None
    if not math.isfinite(rank):
        raise CursorError(after)
    return rank, read_id(number)
