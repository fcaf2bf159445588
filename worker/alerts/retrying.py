"""When a delivery that failed is tried again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from worker.alerts.errors import DeliveryError

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 15 * 60.0
# A recipient that does not answer holds up all that waits for it, so somebody has to look soon whether it is back.
LONGEST_FOR_RECIPIENT_SECONDS = 60.0


def next_try(attempt: int, error: DeliveryError, now: datetime | None = None) -> datetime:
    """When to try again after this attempt (1 is the first): when the far side says, else later each time."""
    wait = error.retry_after
    if wait is None:
        longest = LONGEST_FOR_RECIPIENT_SECONDS if error.whole_recipient else LONGEST_SECONDS
        wait = wait_seconds(attempt, longest)
    return (now or datetime.now(UTC)) + timedelta(seconds=wait)


def wait_seconds(attempt: int, longest: float = LONGEST_SECONDS) -> float:
    """5 s, 10 s, 20 s ... up to `longest`, of which a random part is left out, so that not all come back at once."""
    doubled = FIRST_SECONDS * 2 ** min(attempt - 1, 20)
    return float(min(doubled, longest) * random.uniform(0.5, 1))  # noqa: S311
