"""Telling the analysis workers about scans that have come in, many at a time and beside the sender's way."""

from __future__ import annotations

import threading
from collections import defaultdict
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

import structlog
from celery import Celery

from shared.database import Database
from shared.enqueue import enqueue_scans
from shared.states import Priority

GATHER_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Announcer:
    """Whoever takes a scan in must not wait for Redis. What is not announced, the sweep sends: it is committed."""

    def __init__(self, database: Database, celery: Celery) -> None:
        """Starts nothing."""
        self._database = database
        self._celery = celery
        self._new: SimpleQueue[tuple[int, Priority]] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)

    def add(self, scan_id: int, priority: Priority) -> None:
        """Announce a scan, after the transaction that made it is committed."""
        self._new.put((scan_id, priority))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(GATHER_SECONDS):
            self._announce()
        self._announce()

    def _announce(self) -> None:
        for priority, ids in self._gathered().items():
            try:
                enqueue_scans(self._celery, self._database, ids, priority)
            except Exception as error:
                # This thread must live on: nobody waits for it, and the sweep sends what it could not.
                log.exception("not_announced", scans=len(ids), exc_info=error)

    def _gathered(self) -> dict[Priority, list[int]]:
        groups: defaultdict[Priority, list[int]] = defaultdict(list)
        while True:
            try:
                scan_id, priority = self._new.get_nowait()
            except Empty:
                return groups
            groups[priority].append(scan_id)
