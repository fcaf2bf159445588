"""Limits on how often something may be tried. Kept in memory: there is one web process, and a restart forgets."""

from __future__ import annotations

import time
from ipaddress import IPv6Address, ip_address
from math import ceil

from flask import request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from web.problems import ProblemError

IPV6_PREFIX_BITS = 64  # what one household or department has


class Throttle:
    """One set of limits, such as "5 per minute; 50 per hour", for each key."""

    def __init__(self, limits: str, complaint: str) -> None:
        """`complaint`: one sentence for whoever has tried too often."""
        self._limits: list[RateLimitItem] = parse_many(limits)
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._complaint = complaint

    def take(self, key: str) -> None:
        """Count one more. Raises ProblemError (429, with Retry-After) where that is too many."""
        for limit in self._limits:
            if not self._window.hit(limit, key):
                raise self._refusal(limit, key)

    def check(self, key: str) -> None:
        """Raises ProblemError as `take` would, and counts nothing."""
        for limit in self._limits:
            if not self._window.test(limit, key):
                raise self._refusal(limit, key)

    def _refusal(self, limit: RateLimitItem, key: str) -> ProblemError:
        return ProblemError(429, self._complaint, headers={"Retry-After": str(self._seconds_left(limit, key))})

    def count(self, key: str) -> None:
        """Count one more, even beyond the limit."""
        for limit in self._limits:
            self._window.hit(limit, key)

    def _seconds_left(self, limit: RateLimitItem, key: str) -> int:
        reset_at, _ = self._window.get_window_stats(limit, key)
        return max(1, ceil(reset_at - time.time()))


def client_address() -> str:
    """The address that the request came from; one name for all addresses of an IPv6 network."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(int(address) >> (128 - IPV6_PREFIX_BITS))
    return str(address)
