"""How figures are written for a reader: rounded to what they are worth, with their unit."""

from __future__ import annotations

from datetime import UTC, datetime


def age(seconds: float) -> str:
    """A length of time in one unit: 8 s, 12 min, 3 h, 2 days."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 2 * 86400:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86400:.0f} days"


def clock(when: datetime, seconds: bool = False, now: datetime | None = None) -> str:
    """A time in UTC: "09:06 UTC" today, else "2026-11-22 09:06 UTC"; to the second where asked. As times.js does."""
    at, today = when.astimezone(UTC), (now or datetime.now(UTC)).date()
    day = "" if at.date() == today else f"{at:%Y-%m-%d} "
    return f"{day}{at:{'%H:%M:%S' if seconds else '%H:%M'}} UTC"


def size(count: float) -> str:
    """Bytes in the unit that keeps the figure short: 512 B, 3.4 MB, 120 GB (1 MB = 2**20 bytes)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} TB"
