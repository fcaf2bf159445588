"""Sending an alert again to whom it failed to reach, and telling the alert worker that something waits."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

from shared.queues import send_alert_hints
from shared.store.resending import resend
from web.services import services

logger = logging.getLogger(__name__)


def send_again(alert_id: int) -> None:
    """failed -> pending, for all failed deliveries of an alert that is not acknowledged. Raises NotFoundError.

    Redis may be away: the sweep sends the hints when it is back.
    """
    with services().database.write() as session:
        channels = resend(session, alert_id)
    try:
        send_alert_hints(services().celery, channels)
    except OperationalError as error:
        logger.warning("left_to_the_sweep", extra={"channels": sorted(channels), "error": type(error).__name__})
