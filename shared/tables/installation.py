"""What makes up this installation: workers that were seen, and releases of the model set they run."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Integer, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.tables.base import Base, UtcDateTime


class WorkerRow(Base):
    """A worker process; it says every few seconds that it is there. `release` and `engine` where it has models."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    release: Mapped[str | None] = mapped_column(Text)
    engine: Mapped[str | None] = mapped_column(Text)
    threads: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ModelRow(Base):
    """A model that a worker has loaded, with its model card as Markdown, for the pages to show."""

    __tablename__ = "models"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    card: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


WORKERS = cast(Table, WorkerRow.__table__)
MODELS = cast(Table, ModelRow.__table__)
