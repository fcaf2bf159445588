"""What makes up this installation: the workers that were seen, and the models they have loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shared.errors import NotFoundError
from shared.store.clock import utc_now
from shared.store.inserts import insert_new
from shared.tables import MODELS, WORKERS, ModelRow, WorkerRow

LISTED = 200
"""Workers or models in one listing: far more than an installation has, so that a page stays one."""


@dataclass(frozen=True)
class Worker:
    """A worker process: its role is "analysis" or "alerts"; release and engine where it has models."""

    name: str
    role: str
    release: str | None
    engine: str | None
    threads: int
    started_at: datetime
    seen_at: datetime
    seen_seconds_ago: float


@dataclass(frozen=True)
class Model:
    """A model with its card as Markdown; `kind` is the kind of image that it reads."""

    name: str
    version: str
    kind: str
    card: str
    first_seen_at: datetime


def worker_seen(
    session: Session,
    name: str,
    role: str,
    release: str | None,
    engine: str | None,
    *,
    threads: int,
    started: bool = False,
) -> None:
    """Note that a worker is there; with `started` it has just begun, though one of its name may have been before."""
    now = utc_now(session)
    values: dict[str, object] = {
        "role": role,
        "release": release,
        "engine": engine,
        "threads": threads,
        "seen_at": now,
    }
    again = values | {"started_at": now} if started else values
    if session.scalar(update(WorkerRow).where(WorkerRow.name == name).values(again).returning(WorkerRow.name)) is None:
        session.execute(insert_new(session, WORKERS), [values | {"name": name, "started_at": now}])


def worker_left(session: Session, name: str) -> None:
    """Forget a worker that stopped in good order: it is not missed."""
    session.execute(delete(WorkerRow).where(WorkerRow.name == name))


def list_workers(session: Session, seen_within_seconds: float) -> list[Worker]:
    """Workers by role and name; their ages are by the database's clock."""
    now = utc_now(session)
    query = (
        select(WorkerRow)
        .where(WorkerRow.seen_at >= now - timedelta(seconds=seen_within_seconds))
        .order_by(WorkerRow.role, WorkerRow.name)
        .limit(LISTED)
    )
    return [
        Worker(
            name=row.name,
            role=row.role,
            release=row.release,
            engine=row.engine,
            threads=row.threads,
            started_at=row.started_at,
            seen_at=row.seen_at,
            seen_seconds_ago=max(0.0, (now - row.seen_at).total_seconds()),
        )
        for row in session.scalars(query)
    ]


def forget_workers(session: Session, older_seconds: float) -> int:
    """Forget the workers that were not seen for that long; gives how many."""
    before = utc_now(session) - timedelta(seconds=older_seconds)
    return len(session.scalars(delete(WorkerRow).where(WorkerRow.seen_at < before).returning(WorkerRow.name)).all())


def keep_model(session: Session, name: str, version: str, kind: str, card: str) -> None:
    """Keep a model with its card, Markdown, for the pages to show; a card that has changed takes the place of the old.

    A NUL, which PostgreSQL takes nowhere, is left out of the card.
    """
    values: dict[str, object] = {"kind": kind, "card": card.replace("\0", "")}
    key = (ModelRow.name == name, ModelRow.version == version)
    if session.scalar(update(ModelRow).where(*key).values(values).returning(ModelRow.name)) is None:
        new = values | {"name": name, "version": version, "first_seen_at": utc_now(session)}
        session.execute(insert_new(session, MODELS), [new])


def list_models(session: Session) -> list[Model]:
    """Models that workers have loaded, newest first."""
    query = select(ModelRow).order_by(ModelRow.first_seen_at.desc(), ModelRow.name, ModelRow.version).limit(LISTED)
    return [_model(row) for row in session.scalars(query)]


def get_model(session: Session, name: str, version: str) -> Model:
    """Raises NotFoundError."""
    row = session.scalar(select(ModelRow).where(ModelRow.name == name, ModelRow.version == version))
    if row is None:
        raise NotFoundError("model", f"{name} {version}")
    return _model(row)


def _model(row: ModelRow) -> Model:
    return Model(row.name, row.version, row.kind, row.card, row.first_seen_at)
