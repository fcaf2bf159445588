"""The Celery tasks. Their messages are small and their bodies elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from celery import Celery

from shared.errors import DatabaseUnavailableError
from shared.queues import ALERT_TASKS, ANALYSE, SWEEP
from worker.alerts.drain import Drain
from worker.alerts.turns import Turns
from worker.housekeeping import sweep
from worker.resources import Resources

log = structlog.get_logger(__name__)


def register_analysis(app: Celery, resources: Resources) -> None:
    """Let this worker analyse scans."""

    @app.task(name=ANALYSE)
    def analyse(scan_ids: Sequence[int]) -> None:
        """received | queued -> running -> done | rejected | failed."""
        # The models' libraries start threads of their own, so nothing of them is imported before the fork.
        from worker.analysis import analyse_scans

        analyse_scans(resources, scan_ids)


def register_housekeeping(app: Celery, resources: Resources) -> None:
    """Let this worker sweep and send alerts.

    Its tasks run in threads, which Celery cannot interrupt: each bounds its own waiting, and takes turns.
    """
    add_task(app, SWEEP, Turns(lambda: sweep(resources)))
    for channel, name in ALERT_TASKS.items():
        add_task(app, name, Turns(Drain(resources, channel)))


def add_task(app: Celery, name: str, turns: Turns) -> None:
    """A task without arguments; called while it runs, it runs once more."""

    @app.task(name=name)
    def run() -> None:
        """Sweep: running -> queued | failed, sending -> pending. Alerts: pending -> sending -> sent | failed."""
        try:
            turns()
        except DatabaseUnavailableError as error:
            # Raised only once the worker is to stop: leases bring back what was in hand.
            log.warning("stopped_without_database", task=name, error=str(error))
