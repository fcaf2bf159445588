"""The outbox: alerts, their deliveries, what became of them, and which scans wait for a digest."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Boolean, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.states import AlertEventKind, AlertKind, DeliveryState
from shared.tables.base import Base, Id, UtcDateTime, words
from shared.tables.scans import BatchRow, ResultRow, ScanRow

IS_PENDING = text("state = 'pending'")
IS_SENDING = text("state = 'sending'")
IS_UNDIGESTED = text("NOT digested")
ESCALATES = text("escalate_at IS NOT NULL")
IS_UNACKNOWLEDGED = text("acknowledged_at IS NULL")


class AlertRow(Base):
    """Something that people must know: one finding set at once, or the digest of a batch.

    `subject` names what it is about and is unique, so nothing is raised twice: "result:ID", or "digest:BATCH:RULE:N".
    `ladder` is JSON: the rungs of escalation, of which `rung` have been used; `escalate_at` is null when there is none
    left, and once the alert is acknowledged. `last_at_once`: a rule may send no more from this batch at once.
    `rules` is JSON too: the names of the rules that wanted it told.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index(None, "batch_id", "id"),
        Index(None, "result_id"),
        Index("ix_alerts_escalate", "escalate_at", sqlite_where=ESCALATES, postgresql_where=ESCALATES),
        Index("ix_alerts_open", "id", sqlite_where=IS_UNACKNOWLEDGED, postgresql_where=IS_UNACKNOWLEDGED),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[AlertKind] = mapped_column(words(AlertKind, "kind"))
    rules: Mapped[str] = mapped_column(Text)
    batch_id: Mapped[int] = mapped_column(ForeignKey(BatchRow.id, ondelete="CASCADE"))
    scan_id: Mapped[int | None] = mapped_column(ForeignKey(ScanRow.id, ondelete="CASCADE"))
    result_id: Mapped[int | None] = mapped_column(ForeignKey(ResultRow.id))
    ladder: Mapped[str] = mapped_column(Text)
    rung: Mapped[int] = mapped_column(Integer)
    escalate_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at_once: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None] = mapped_column(Text)


class DeliveryRow(Base):
    """An alert on its way to one recipient of one channel.

    `key` is the same for each try: the Message-ID is made from it. `handed_at` is set just before the message goes
    over the wire: a try that ended without an answer after that may have arrived, so the next is marked `repeat`.
    `queued_at` is when it was last put into the outbox: the time to give up counts from then, and `attempt` from 0.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("alert_id", "channel", "recipient"),
        Index(
            "ix_deliveries_due",
            "channel",
            "due_at",
            "attempt",
            "id",
            sqlite_where=IS_PENDING,
            postgresql_where=IS_PENDING,
        ),
        Index("ix_deliveries_lease", "lease_until", sqlite_where=IS_SENDING, postgresql_where=IS_SENDING),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey(AlertRow.id, ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState, "state"))
    rung: Mapped[int] = mapped_column(Integer)
    attempt: Mapped[int] = mapped_column(Integer)
    repeat: Mapped[bool] = mapped_column(Boolean)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlertEventRow(Base):
    """One thing that happened to an alert: the record of who was told what, and when."""

    __tablename__ = "alert_events"
    __table_args__ = (Index(None, "alert_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey(AlertRow.id, ondelete="CASCADE"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey(DeliveryRow.id, ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[AlertEventKind] = mapped_column(words(AlertEventKind, "kind"))
    detail: Mapped[str | None] = mapped_column(Text)


class AlertMatchRow(Base):
    """A scan that a rule wants told.

    `urgent`: the rule wants it told at once. `at_once`: its people were, by an alert of its own. `digested`: a digest
    speaks of it, `alert_id`; or the batch was finished since and it had been told at once, then that is null.
    """

    __tablename__ = "alert_matches"
    __table_args__ = (
        Index(
            "ix_alert_matches_undigested",
            "batch_id",
            sqlite_where=IS_UNDIGESTED,
            postgresql_where=IS_UNDIGESTED,
        ),
        Index(None, "alert_id"),
    )

    scan_id: Mapped[int] = mapped_column(ForeignKey(ScanRow.id, ondelete="CASCADE"), primary_key=True)
    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey(BatchRow.id, ondelete="CASCADE"))
    urgent: Mapped[bool] = mapped_column(Boolean)
    at_once: Mapped[bool] = mapped_column(Boolean)
    digested: Mapped[bool] = mapped_column(Boolean)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey(AlertRow.id, ondelete="CASCADE"))


ALERTS = cast(Table, AlertRow.__table__)
DELIVERIES = cast(Table, DeliveryRow.__table__)
ALERT_EVENTS = cast(Table, AlertEventRow.__table__)
ALERT_MATCHES = cast(Table, AlertMatchRow.__table__)
