"""Figures for a reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from web.figures import clock

AT = datetime(2026, 11, 22, 10, 6, 31, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("now", "seconds", "words"),
    [
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), False, "09:06 UTC"),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), True, "09:06:31 UTC"),
        (datetime(2026, 11, 23, 0, 1, tzinfo=UTC), False, "2026-11-22 09:06 UTC"),
        (datetime(2026, 11, 23, 0, 1, tzinfo=UTC), True, "2026-11-22 09:06:31 UTC"),
    ],
)
def test_a_time_is_told_in_utc_with_its_day_unless_it_is_today(now, seconds, words):
    assert clock(AT, seconds, now) == words
