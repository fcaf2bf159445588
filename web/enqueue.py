"""Telling the workers of scans that a request has made."""

from __future__ import annotations

from collections.abc import Sequence

from shared.enqueue import enqueue_scans
from shared.states import Priority
from web.services import services


def enqueue(scan_ids: Sequence[int], priority: Priority) -> None:
    """Send the scans to the queue, after the commit. Never fails: what cannot be sent is left to the sweep."""
    enqueue_scans(services().celery, services().database, scan_ids, priority)
