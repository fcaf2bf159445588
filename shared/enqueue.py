"""Telling the workers that scans wait. The database already says so; the message only makes it quick."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from celery import Celery
from kombu.exceptions import OperationalError

from shared.database import Database
from shared.errors import DatabaseUnavailableError
from shared.queues import send_scans
from shared.states import Priority
from shared.store.scans import mark_queued

logger = logging.getLogger(__name__)


def enqueue_scans(celery: Celery, database: Database, scan_ids: Sequence[int], priority: Priority) -> None:
    """Send the scans to the queue: received -> queued. Call it after the transaction that made them is committed.

    Never fails: while Redis is away the scans stay `received`, and the sweep sends them when it is back.
    """
    if not scan_ids:
        return
    try:
        send_scans(celery, scan_ids, priority)
        with database.write() as session:
            mark_queued(session, scan_ids)
    except (OperationalError, DatabaseUnavailableError) as error:
        logger.warning("left_to_the_sweep", extra={"scans": len(scan_ids), "error": type(error).__name__})
