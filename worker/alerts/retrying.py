"""When a delivery that failed is tried again."""

from __future__ import annotations

import random

from worker.alerts.errors import DeliveryError

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 15 * 60.0
# A recipient that does not answer holds up all that waits for it, so somebody has to look soon whether it is back.
LONGEST_FOR_RECIPIENT_SECONDS = 60.0


def seconds_to_wait(attempt: int, error: DeliveryError) -> float:
    """How long to wait after this attempt (1 is the first): as the far side asks, else longer each time."""
    if error.retry_after is not None:
        return error.retry_after
    return wait_seconds(attempt, LONGEST_FOR_RECIPIENT_SECONDS if error.whole_recipient else LONGEST_SECONDS)


def wait_seconds(attempt: int, longest: float = LONGEST_SECONDS) -> float:
    """5 s, 10 s, 20 s ... up to `longest`, of which a random part is left out, so that not all come back at once."""
    doubled = FIRST_SECONDS * 2 ** min(attempt - 1, 20)
    return float(min(doubled, longest) * random.uniform(0.5, 1))  # noqa: S311
