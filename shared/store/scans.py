"""Scans: adding, listing, cancelling, retrying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from shared.schemas import Page, RegisteredScan, ScanEvent, ScanView
from shared.states import ScanState


class ScanOrder(StrEnum):
    """Orders of a listing: by id, or most urgent first with those without a result last."""

    ID = "id"
    WORKLIST = "worklist"


@dataclass(frozen=True)
class NewScan:
    """A file whose bytes are in the blob store; `size` in bytes, `path` relative to what was submitted."""

    path: str
    sha256: str
    size: int


def add_scans(session: Session, batch_id: int, scans: Sequence[NewScan]) -> list[RegisteredScan]:
    """Add files to an open batch, as `received`; one answer per file, in order.

    A path that the batch has with the same bytes gives the scan there is; with other bytes, or where the path cannot
    be used, that file alone gets an error. Raises NotFoundError, and ConflictError where the batch is closed.
    """
    raise NotImplementedError


def get_scan(session: Session, scan_id: int) -> ScanView:
    """Raises NotFoundError."""
    raise NotImplementedError


def list_scans(
    session: Session,
    batch_id: int,
    state: ScanState | None = None,
    order: ScanOrder = ScanOrder.ID,
    after: str | None = None,
    limit: int = 100,
) -> Page[ScanView]:
    """Scans of a batch, by keyset. Raises NotFoundError, CursorError."""
    raise NotImplementedError


def cancel_scan(session: Session, scan_id: int) -> ScanView:
    """received | queued | running -> cancelled; a cancelled one stays so. Raises NotFoundError, ConflictError."""
    raise NotImplementedError


def retry_scan(session: Session, scan_id: int) -> ScanView:
    """failed | cancelled -> received, to be sent by the caller. Raises NotFoundError, ConflictError."""
    raise NotImplementedError


def mark_queued(session: Session, scan_ids: Sequence[int]) -> int:
    """received -> queued, after a message about them was sent; gives how many changed. A queued one is sent again."""
    raise NotImplementedError


def scan_history(session: Session, scan_id: int) -> list[ScanEvent]:
    """All changes of the scan's state, oldest first. Raises NotFoundError."""
    raise NotImplementedError
