"""When a delivery is tried again."""

from __future__ import annotations

import pytest

from worker.alerts.errors import DeliveryError
from worker.alerts.retrying import seconds_to_wait, wait_seconds


@pytest.mark.parametrize(("attempt", "longest"), [(1, 5), (2, 10), (5, 80), (9, 900), (500, 900)])
def test_each_wait_is_longer_up_to_a_quarter_of_an_hour_and_not_the_same_for_all(attempt, longest):
    waits = {wait_seconds(attempt) for _ in range(50)}
    assert longest / 2 <= min(waits) < max(waits) <= longest


def test_what_the_far_side_asks_for_is_kept():
    assert seconds_to_wait(9, DeliveryError("later", retry_after=42)) == 42


def test_a_recipient_that_does_not_answer_is_tried_each_minute():
    assert seconds_to_wait(9, DeliveryError("away", whole_recipient=True)) <= 60
    assert seconds_to_wait(9, DeliveryError("busy")) >= 450
