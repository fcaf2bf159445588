"""/health/live: the process answers. /health/ready: so do the database and Redis. Open to probes without a token."""

from __future__ import annotations

from kombu.exceptions import OperationalError

from shared.queues import queue_length
from web.api.routing import Answer, Routes
from web.api.schemas import Liveness, Readiness
from web.problems import RETRY_SECONDS, ProblemError
from web.schema import has_tables
from web.services import services

routes = Routes("health", prefix="/health")


@routes.get("/live", Answer("The process answers.", Liveness), open=True)
def live() -> Liveness:
    """Tell that the process answers."""
    return Liveness()


@routes.get("/ready", Answer("Everything answers.", Readiness), open=True)
def ready() -> Readiness:
    """Tell whether the database and Redis answer; a 503 says which does not."""
    answers = {"database": has_tables(services().database), "Redis": _redis_answers()}
    away = [name for name, is_there in answers.items() if not is_there]
    if away:
        detail = f"Away: {' and '.join(away)}."
        raise ProblemError(503, detail, headers={"Retry-After": str(RETRY_SECONDS)})
    return Readiness()


def _redis_answers() -> bool:
    try:
        queue_length(services().celery)
    except OperationalError:
        return False
    return True
