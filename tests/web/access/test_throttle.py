"""Limits on tries."""

from __future__ import annotations

import time

import pytest
from flask import Flask

from web.access.throttle import Throttle, client_address
from web.problems import ProblemError


def test_what_is_too_often_is_refused_until_time_has_passed():
    throttle = Throttle("2 per second", "Too often.")
    throttle.take("a")
    throttle.take("a")
    with pytest.raises(ProblemError) as caught:
        throttle.take("a")
    assert caught.value.status == 429
    assert caught.value.detail == "Too often."
    assert int(caught.value.headers["Retry-After"]) in {1, 2}
    time.sleep(1.1)
    throttle.take("a")


def test_keys_and_throttles_are_counted_apart():
    throttle, other = Throttle("1 per minute", "Too often."), Throttle("1 per minute", "Too often.")
    throttle.take("a")
    throttle.take("b")
    other.take("a")
    for full, key in ((throttle, "a"), (throttle, "b"), (other, "a")):
        with pytest.raises(ProblemError):
            full.take(key)


def test_the_longer_limit_holds_too():
    throttle = Throttle("2 per second; 3 per hour", "Too often.")
    for _ in range(3):
        throttle.take("a")
        time.sleep(0.6)
    with pytest.raises(ProblemError) as caught:
        throttle.take("a")
    assert int(caught.value.headers["Retry-After"]) > 3000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::2:3:4", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_addresses_of_one_ipv6_network_count_together(one, other, same):
    def key(address):
        with Flask("a").test_request_context(environ_base={"REMOTE_ADDR": address}):
            return client_address()

    assert (key(one) == key(other)) is same
