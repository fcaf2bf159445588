"""The time that leases are compared by."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def utc_now(session: Session) -> datetime:
    """PostgreSQL's clock, since the clocks of many hosts differ; with SQLite all processes share this host's."""
    if session.get_bind().dialect.name == "postgresql":
        now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)
    return datetime.now(UTC)
