"""Batches: creating, closing, cancelling, retrying."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime

from sqlalchemy.orm import Session

from shared.schemas import BatchCreate, BatchView, Page
from shared.states import RETRYABLE, ScanState


def create_batch(session: Session, request: BatchCreate) -> tuple[BatchView, bool]:
    """A new open batch and True; or the open batch with the same client key and False."""
    raise NotImplementedError


def get_batch(session: Session, batch_id: int) -> BatchView:
    """Raises NotFoundError."""
    raise NotImplementedError


def list_batches(session: Session, after: str | None = None, limit: int = 50) -> Page[BatchView]:
    """Newest first. Raises CursorError."""
    raise NotImplementedError


def close_batch(session: Session, batch_id: int) -> BatchView:
    """open -> closed; a closed one stays as it is. Raises NotFoundError."""
    raise NotImplementedError


def cancel_batch(session: Session, batch_id: int) -> BatchView:
    """Close the batch and cancel all its scans that are waiting or running. Raises NotFoundError."""
    raise NotImplementedError


def retry_batch(
    session: Session, batch_id: int, states: AbstractSet[ScanState] = RETRYABLE
) -> tuple[BatchView, list[int]]:
    """failed | cancelled -> received for the scans in `states`; gives their ids, to be sent. Raises NotFoundError."""
    raise NotImplementedError


def close_quiet_batches(session: Session, quiet_seconds: float, now: datetime | None = None) -> list[int]:
    """Close the open batches that got no scan for that long; gives their ids."""
    raise NotImplementedError
