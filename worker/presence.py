"""Saying that this worker is there, and which models it has, for the System page. It never disturbs the work."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

import structlog

from shared.errors import DatabaseUnavailableError
from shared.store.installation import keep_model, worker_left, worker_seen
from worker.resources import Resources

if TYPE_CHECKING:
    from models.pipeline import Pipeline

SECONDS = 10.0
STOP_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Presence:
    """A thread that notes this process in the database every few seconds, from `start` to `stop`.

    A database that is away is left in peace: the next note comes in its turn. With a pipeline its model cards are
    kept as well, once.
    """

    def __init__(
        self,
        resources: Resources,
        role: str,
        pipeline: Pipeline | None = None,
        threads: int = 1,
        seconds: float = SECONDS,
    ) -> None:
        self._database = resources.database
        self._name = resources.worker
        self._role = role
        self._pipeline = pipeline
        self._threads = threads
        self._seconds = seconds
        self._started = False
        self._cards = list(pipeline.cards) if pipeline else []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Begin. Make and start it after the fork: neither threads nor connections survive one."""
        self._thread.start()

    def stop(self) -> None:
        """Take leave, so that nobody misses us; not waiting for a database that is away."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        self._note()
        while not self._stop.wait(self._seconds):
            self._note()
        self._take_leave()

    def _note(self) -> None:
        try:
            self._say_so()
            self._keep_cards()
        except DatabaseUnavailableError as error:
            log.debug("presence_not_noted", error=str(error))
        except Exception as error:  # Whatever it is, the work does not need this.
            log.warning("presence_not_noted", error=type(error).__name__)

    def _say_so(self) -> None:
        release = self._pipeline.release if self._pipeline else None
        engine = self._pipeline.engine if self._pipeline else None
        with self._database.write() as session:
            worker_seen(
                session, self._name, self._role, release, engine, threads=self._threads, started=not self._started
            )
        self._started = True

    def _keep_cards(self) -> None:
        while self._cards:
            card = self._cards[-1]
            with self._database.write() as session:
                keep_model(session, card.name, card.version, card.kind, card.text)
            self._cards.pop()

    def _take_leave(self) -> None:
        try:
            with self._database.write() as session:
                worker_left(session, self._name)
        except Exception as error:  # The sweep forgets us in time.
            log.debug("presence_not_ended", error=type(error).__name__)


def analysis_threads(resources: Resources) -> int:
    """The threads that this process analyses with: as set, else one per core that it may use."""
    return resources.settings.worker_threads or len(os.sched_getaffinity(0))
