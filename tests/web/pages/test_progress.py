"""Time left, in words that claim no more than is known."""

from __future__ import annotations

import pytest

from web.pages.progress import span


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 0, "under a minute"),
        (10, 59, "under a minute"),
        (10, 90, "up to 1.5 min"),
        (62, 65, "about 1 min"),
        (70, 130, "1 to 2 min"),
        (250, 520, "4 to 9 min"),
        (2400, 5400, "0.5 to 1.5 h"),
        (7200, 7300, "about 2 h"),
        (1200, 36000, "0.5 to 10 h"),
        (90000, 200000, "1 to 2.5 d"),
    ],
)
def test_a_range_is_told_in_one_unit(low, high, words):
    assert span(low, high) == words
