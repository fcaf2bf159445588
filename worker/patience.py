"""Waiting out a database that is away."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import structlog

from shared.errors import DatabaseUnavailableError

LONGEST_WAIT_SECONDS = 5.0

Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


def backoff(first: float = 0.1, longest: float = LONGEST_WAIT_SECONDS) -> Iterator[float]:
    """Seconds to wait before each next try: doubling, with jitter, up to `longest`."""
    wait = first
    while True:
        yield wait * random.uniform(0.5, 1)  # noqa: S311
        wait = min(wait * 2, longest)


def patiently(action: Callable[[], Answer], give_up: Callable[[], bool]) -> Answer:
    """Try until the database is there. `action` must be one whole transaction.

    Raises:
        DatabaseUnavailableError: it is still away, and `give_up` says that we must stop.
    """
    waits = backoff()
    while True:
        try:
            return action()
        except DatabaseUnavailableError as error:
            if give_up():
                raise
            wait = next(waits)
            log.warning("database_away", error=str(error), next_try_seconds=round(wait, 1))
            time.sleep(wait)
