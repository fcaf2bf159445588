"""How much is waiting, for `/metrics` and `/health`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.states import Priority, ScanState


@dataclass(frozen=True)
class QueueDepth:
    """`waiting` by priority, the age of the oldest waiting scan in seconds, and all scans there are by state."""

    waiting: Mapping[Priority, int]
    oldest_waiting_seconds: float | None
    scans: Mapping[ScanState, int]


def queue_depth(session: Session) -> QueueDepth:
    """Read from the batches' counters: O(batches), not O(scans)."""
    raise NotImplementedError
