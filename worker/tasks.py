"""The Celery tasks. Their messages are small and their bodies elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from celery import Celery

from shared.queues import ANALYSE, SWEEP
from worker.housekeeping import sweep
from worker.resources import Resources

SWEEP_SOFT_SECONDS = 120
SWEEP_HARD_SECONDS = 150


def register_analysis(app: Celery, resources: Resources) -> None:
    """Let this worker analyse scans."""

    @app.task(name=ANALYSE)
    def analyse(scan_ids: Sequence[int]) -> None:
        """received | queued -> running -> done | rejected | failed."""
        # The models' libraries start threads of their own, so nothing of them is imported before the fork.
        from worker.analysis import analyse_scans

        analyse_scans(resources, scan_ids)


def register_housekeeping(app: Celery, resources: Resources) -> None:
    """Let this worker sweep."""

    @app.task(name=SWEEP, soft_time_limit=SWEEP_SOFT_SECONDS, time_limit=SWEEP_HARD_SECONDS)
    def run_sweep() -> None:
        """running -> queued | failed where a lease has expired; open -> closed for quiet batches."""
        sweep(resources)
