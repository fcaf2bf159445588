"""The two Celery workers as processes: what happens when they start, fork and stop."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Literal

import structlog
from celery import Celery, signals

from models.errors import ModelsError
from shared.errors import OncoQueueError
from shared.processes import announce, kill_on_parent_death
from shared.queues import ALERT_TASKS, ALERT_WORKER_QUEUES, ANALYSIS_QUEUES, make_celery
from shared.settings import Settings
from worker.events import on, use_our_logging
from worker.metrics import serve_metrics
from worker.presence import Presence, analysis_threads
from worker.resources import Resources
from worker.tasks import register_analysis, register_housekeeping

# One for each channel and the sweep, and some to take the hints that come while all of these are busy.
ALERT_THREADS = len(ALERT_TASKS) + 3

log = structlog.get_logger(__name__)


def run_analysis_worker(settings: Settings, concurrency: int) -> None:
    """Analyse scans in `concurrency` child processes, each with its own models, until a signal; then exit."""
    app = make_celery(settings)
    resources = Resources(settings, app)
    register_analysis(app, resources)
    run_worker(app, resources, "analysis", ANALYSIS_QUEUES, concurrency, open_child=load_models)


def run_alert_worker(settings: Settings) -> None:
    """Sweep and send alerts in threads of this process, until a signal; then let what is being sent end, and exit.

    Threads, because a server that hangs must hold up neither the other channels nor the sweep.
    """
    app = make_celery(settings)
    resources = Resources(settings, app)
    resources.open()
    register_housekeeping(app, resources)
    with Presence(resources, "alerts", threads=ALERT_THREADS):
        run_worker(app, resources, "alerts", ALERT_WORKER_QUEUES, ALERT_THREADS, pool="threads")


def run_worker(
    app: Celery,
    resources: Resources,
    name: str,
    queues: Sequence[str],
    concurrency: int,
    *,
    pool: Literal["prefork", "threads"] = "prefork",
    open_child: Callable[[Resources], None] = lambda resources: None,
) -> None:
    """Run a worker and exit with its code. SIGTERM and Ctrl-C let running tasks come to an end.

    Only prefork has children, time limits and `open_child`.
    """
    use_our_logging(resources.settings.log_level)
    on(signals.worker_process_init, lambda: start_child(resources, open_child))
    on(signals.worker_ready, lambda: announce("consumer"))
    on(signals.worker_shutting_down, resources.stopping.set)
    worker = app.Worker(
        hostname=f"{name}-{os.getpid()}@{socket.gethostname()}",
        pool=pool,
        concurrency=concurrency,
        queues=list(queues),
        loglevel=resources.settings.log_level,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    sys.exit(1 if resources.broken.is_set() else worker.exitcode)


def start_child(resources: Resources, open_child: Callable[[Resources], None]) -> None:
    """Ready a fresh child; if that fails, stop the whole worker rather than fork for ever."""
    kill_on_parent_death()
    try:
        open_child(resources)
    except Exception as error:
        # Our own errors say in a sentence what to change, such as a setting; only others need their trace.
        trace = None if isinstance(error, (ModelsError, OncoQueueError)) else error
        log.error("child_did_not_start", reason=str(error), exc_info=trace)
        resources.broken.set()
        os.kill(os.getppid(), signal.SIGTERM)


def load_models(resources: Resources) -> None:
    """Load the models before the first scan comes."""
    release = resources.pipeline.release
    presence = Presence(resources, "analysis", resources.pipeline, analysis_threads(resources))
    on(signals.worker_process_shutdown, presence.stop)
    presence.start()
    serve_metrics(resources.settings)
    announce("models")
    log.info("models_loaded", release=release)
