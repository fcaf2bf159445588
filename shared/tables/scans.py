"""Batches, scans, results and events.

Counters on the batch make its progress O(1); partial indexes keep the queue's questions O(answer).
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.states import BatchState, Priority, ScanState
from shared.tables.base import Base, Id, UtcDateTime, words

# Conditions of partial indexes. A query must repeat one word for word: SQLite uses a partial index only where it sees
# the same literals, never for bound parameters.
IS_WAITING = text("state IN ('received', 'queued')")
IS_RUNNING = text("state = 'running'")
IS_OPEN = text("state = 'open'")
IS_FINISHED = text("state IN ('done', 'failed', 'rejected')")
HAS_FINDINGS = text("findings > 0")
IS_IN_DOUBT = text("in_doubt")

UNRANKED = 1.0
"""`rank` of a scan without an urgency: after all others, since theirs is -urgency."""


class BatchRow(Base):
    """A batch with its counters; `version` grows with each change."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint(" AND ".join(f"n_{state} >= 0" for state in ScanState), name="counters"),
        # Two submitters who resume at the same time get the same batch.
        Index("uq_batches_client_key", "client_key", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("ix_batches_quiet", "last_scan_at", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    priority: Mapped[Priority] = mapped_column(words(Priority, "priority"))
    state: Mapped[BatchState] = mapped_column(words(BatchState, "state"))
    client_key: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_scan_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)
    n_received: Mapped[int] = mapped_column(Integer)
    n_queued: Mapped[int] = mapped_column(Integer)
    n_running: Mapped[int] = mapped_column(Integer)
    n_done: Mapped[int] = mapped_column(Integer)
    n_failed: Mapped[int] = mapped_column(Integer)
    n_rejected: Mapped[int] = mapped_column(Integer)
    n_cancelled: Mapped[int] = mapped_column(Integer)


class ResultRow(Base):
    """What a release of the model set says of a file's bytes; `result` and `images` are JSON."""

    __tablename__ = "results"
    __table_args__ = (UniqueConstraint("sha256", "release"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    release: Mapped[str] = mapped_column(Text)
    status: Mapped[ScanState] = mapped_column(words(ScanState, "status"))
    result: Mapped[str] = mapped_column(Text)
    images: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScanRow(Base):
    """One file of a batch.

    `attempt` counts claims and fences writes; `solo_attempts` counts those made since the scan runs alone.
    `sent_at` is null while no message speaks of the scan; `waiting_since` is when it was added or retried.
    `findings` counts those that are reported, and `in_doubt` says that the type or malignancy of one of them is; both
    are null without a result.
    """

    __tablename__ = "scans"
    __table_args__ = (
        UniqueConstraint("batch_id", "path"),
        Index(None, "batch_id", "id"),
        Index(None, "batch_id", "state", "id"),
        Index("ix_scans_worklist", "batch_id", "rank", "id"),
        Index("ix_scans_findings", "batch_id", "rank", "id", sqlite_where=HAS_FINDINGS, postgresql_where=HAS_FINDINGS),
        Index("ix_scans_in_doubt", "batch_id", "rank", "id", sqlite_where=IS_IN_DOUBT, postgresql_where=IS_IN_DOUBT),
        Index("ix_scans_claim", "priority", "id", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
        Index("ix_scans_age", "waiting_since", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
        Index("ix_scans_unsent", "sent_at", "id", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
        Index("ix_scans_finished", "updated_at", sqlite_where=IS_FINISHED, postgresql_where=IS_FINISHED),
        Index("ix_scans_lease", "lease_until", sqlite_where=IS_RUNNING, postgresql_where=IS_RUNNING),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey(BatchRow.id, ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[ScanState] = mapped_column(words(ScanState, "state"))
    priority: Mapped[Priority] = mapped_column(words(Priority, "priority"))
    attempt: Mapped[int] = mapped_column(Integer)
    solo: Mapped[bool] = mapped_column(Boolean)
    solo_attempts: Mapped[int] = mapped_column(Integer)
    worker: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    result_id: Mapped[int | None] = mapped_column(ForeignKey(ResultRow.id))
    tumor_probability: Mapped[float | None] = mapped_column(Double)
    urgency: Mapped[float | None] = mapped_column(Double)
    rank: Mapped[float] = mapped_column(Double)
    findings: Mapped[int | None] = mapped_column(Integer)
    in_doubt: Mapped[bool | None] = mapped_column(Boolean)
    kind: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EventRow(Base):
    """One change of a scan's state: the audit trail."""

    __tablename__ = "scan_events"
    __table_args__ = (Index(None, "scan_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey(ScanRow.id, ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(Integer)
    from_state: Mapped[ScanState | None] = mapped_column(words(ScanState, "from_state"))
    to_state: Mapped[ScanState] = mapped_column(words(ScanState, "to_state"))
    reason: Mapped[str | None] = mapped_column(Text)


BATCHES = cast(Table, BatchRow.__table__)
SCANS = cast(Table, ScanRow.__table__)
EVENTS = cast(Table, EventRow.__table__)
RESULTS = cast(Table, ResultRow.__table__)
