"""The states of scans, batches and deliveries, the two priorities, and what visitors may do."""

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


class AlertKind(StrEnum):
    """A message about one scan, at once; or one about all that matter in a batch, when it is finished."""

    AT_ONCE = "at once"
    DIGEST = "digest"


class DeliveryState(StrEnum):
    """pending -> sending -> sent | failed; back to pending for another try.

    pending -> cancelled where the alert was acknowledged first.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AlertEventKind(StrEnum):
    """What the record of an alert speaks of."""

    QUEUED = "queued"
    SENT = "sent"
    POSTPONED = "postponed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"


class Scope(StrEnum):
    """What a visitor may do: look; send scans; cancel, retry and acknowledge; read the figures of /metrics."""

    READ = "read"
    SUBMIT = "submit"
    MANAGE = "manage"
    METRICS = "metrics"


WAITING = frozenset({ScanState.RECEIVED, ScanState.QUEUED})
"""A worker may claim a scan in either."""

ACTIVE = WAITING | {ScanState.RUNNING}
"""A batch with such a scan is not finished."""

FINAL = frozenset(ScanState) - ACTIVE

RETRYABLE = frozenset({ScanState.FAILED, ScanState.CANCELLED})
"""A rejected scan is not retried: the input is at fault, and would be again."""
