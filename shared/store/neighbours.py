"""Where a scan stands in the worklist of its batch, and which scans come before and after it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from shared.errors import NotFoundError
from shared.tables import ScanRow


@dataclass(frozen=True)
class Neighbours:
    """The `position`, from 1, of a scan among `total`, and the ids of the scans next to it."""

    position: int
    total: int
    previous: int | None
    next: int | None


def neighbours(session: Session, scan_id: int) -> Neighbours:
    """By urgency, in the order of the worklist. Raises NotFoundError."""
    place = session.execute(select(ScanRow.batch_id, ScanRow.rank).where(ScanRow.id == scan_id)).one_or_none()
    if place is None:
        raise NotFoundError("scan", scan_id)
    key, here = tuple_(ScanRow.rank, ScanRow.id), (place.rank, scan_id)
    in_batch = ScanRow.batch_id == place.batch_id
    ids, number = select(ScanRow.id).where(in_batch).limit(1), select(func.count()).select_from(ScanRow).where(in_batch)
    backwards = ids.where(key < here).order_by(ScanRow.rank.desc(), ScanRow.id.desc())
    return Neighbours(
        position=1 + (session.scalar(number.where(key < here)) or 0),
        total=session.scalar(number) or 0,
        previous=session.scalar(backwards),
        next=session.scalar(ids.where(key > here).order_by(ScanRow.rank, ScanRow.id)),
    )
