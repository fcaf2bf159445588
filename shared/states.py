"""The states of scans and batches, and the two priorities."""

from __future__ import annotations

from enum import StrEnum


class ScanState(StrEnum):
    """Where a scan is in its life; `received` means that no message about it has been sent yet."""

    RECEIVED = "received"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class BatchState(StrEnum):
    """Whether scans may still be added to a batch."""

    OPEN = "open"
    CLOSED = "closed"


class Priority(StrEnum):
    """Urgent scans are claimed before routine ones."""

    URGENT = "urgent"
    ROUTINE = "routine"


WAITING = frozenset({ScanState.RECEIVED, ScanState.QUEUED})
"""A worker may claim a scan in either."""

ACTIVE = WAITING | {ScanState.RUNNING}
"""A batch with such a scan is not finished."""

FINAL = frozenset(ScanState) - ACTIVE

RETRYABLE = frozenset({ScanState.FAILED, ScanState.CANCELLED})
"""A rejected scan is not retried: the input is at fault, and would be again."""
