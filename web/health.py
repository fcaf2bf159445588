"""/health/live: the process answers. /health/ready: so do the database and Redis. Open to probes without a token."""

from __future__ import annotations

from kombu.exceptions import OperationalError
from sqlalchemy.exc import ProgrammingError

from shared.errors import DatabaseUnavailableError
from shared.queues import queue_length
from shared.store.batches import list_batches
from web.api.routing import Answer, Routes
from web.api.schemas import Liveness, Readiness
from web.problems import RETRY_SECONDS, ProblemError
from web.services import services

routes = Routes("health", prefix="/health")


@routes.get("/live", Answer("The process answers.", Liveness), open=True)
def live() -> Liveness:
    """Tell that the process answers."""
    return Liveness()


@routes.get("/ready", Answer("Everything answers.", Readiness), open=True)
def ready() -> Readiness:
    """Tell whether the database and Redis answer; a 503 says which does not."""
    complaints = [complaint for complaint in (about_database(), about_redis()) if complaint is not None]
    if complaints:
        raise ProblemError(503, " ".join(complaints), headers={"Retry-After": str(RETRY_SECONDS)})
    return Readiness()


def about_database() -> str | None:
    """What is wrong with the database; None where it answers and has its tables."""
    database = services().database
    try:
        database.ping()
    except DatabaseUnavailableError:
        return "The database does not answer."
    try:
        with database.read() as session:
            list_batches(session, limit=1)
    except (DatabaseUnavailableError, ProgrammingError):
        return "The database has no tables: run 'oncoqueue migrate'."
    return None


def about_redis() -> str | None:
    """What is wrong with Redis; None where it answers."""
    try:
        queue_length(services().celery)
    except OperationalError:
        return "Redis does not answer."
    return None
