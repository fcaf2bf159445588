"""The queue policy, all of it: queues and their order, limits, and how scan ids travel.

The database is the truth about scans. A message only says that scans wait, so it may be lost, doubled or late:
the sweep sends lost ones again, and a claim ignores what is not waiting any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from celery import Celery
from celery.schedules import schedule
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from shared.settings import Settings
from shared.states import Priority

ANALYSE = "oncoqueue.analyse"
SWEEP = "oncoqueue.sweep"
ALERT_TASKS = {
    "email": "oncoqueue.alerts.email",
    "slack": "oncoqueue.alerts.slack",
    "folder": "oncoqueue.alerts.folder",
}
HINT_SECONDS = 60  # a hint that nobody took is of no use later: each sweep sends new ones for what is due

# Redis is asked for the queues in this order each time ("priority" below), so a routine message waits for all urgent.
ANALYSIS_QUEUES = (Priority.URGENT.value, Priority.ROUTINE.value)
HOUSEKEEPING = "housekeeping"
ALERTS = "alerts"
ALERT_WORKER_QUEUES = (HOUSEKEEPING, ALERTS)
ALL_QUEUES = (*ANALYSIS_QUEUES, *ALERT_WORKER_QUEUES)

CHUNK_KEY = "oncoqueue_chunk_size"


def make_celery(settings: Settings) -> Celery:
    """An application that can send every message of the project; a worker adds the tasks to it."""
    app = Celery("oncoqueue", broker=settings.broker_address, set_as_current=False)
    app.conf.update(
        task_queues=[Queue(name) for name in ALL_QUEUES],  # type: ignore[no-untyped-call]
        task_create_missing_queues=False,
        task_default_queue=HOUSEKEEPING,
        # Scans outlive any message, so a message has no result; it is acknowledged once its task has ended.
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        # A child loads its models before it says that it is there.
        worker_proc_alive_timeout=300,
        worker_enable_remote_control=False,
        task_serializer="json",
        accept_content=["json"],
        task_soft_time_limit=settings.soft_time_limit,
        task_time_limit=settings.hard_time_limit,
        # Redis going away is weather: connect again for ever. The limit on publishing keeps a web request short.
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0.1},
        broker_transport_options=transport_options(settings),
        beat_schedule={"sweep": sweep_entry(settings)},
        beat_schedule_filename=str(settings.data_dir / "beat-schedule"),
        beat_max_loop_interval=min(settings.sweep_seconds, 60),
        enable_utc=True,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        **{CHUNK_KEY: settings.chunk_size},
    )
    return app


def transport_options(settings: Settings) -> dict[str, Any]:
    """Options of kombu's Redis transport."""
    return {
        "queue_order_strategy": "priority",
        # The queues are the priorities; one list each instead of kombu's four steps.
        "priority_steps": [0],
        "visibility_timeout": settings.visibility_timeout,
        "health_check_interval": 10,
        "socket_connect_timeout": 5,
        "socket_timeout": 30,
        "socket_keepalive": True,
    }


def sweep_entry(settings: Settings) -> dict[str, Any]:
    """The sweep in beat's schedule; one that could not start before the next is due has expired."""
    every = settings.sweep_seconds
    return {"task": SWEEP, "schedule": schedule(every), "options": {"queue": HOUSEKEEPING, "expires": max(every, 1)}}


def send_scans(celery: Celery, ids: Sequence[int], priority: Priority, *, alone: bool = False) -> None:
    """Send ids of waiting scans, a chunk a message, or each in a message of its own.

    Raises:
        kombu.exceptions.OperationalError: Redis is away; some of the messages may have been sent. The sweep sends the
            scans that are not marked as queued.
    """
    size = 1 if alone else celery.conf[CHUNK_KEY]
    for start in range(0, len(ids), size):
        chunk = [int(number) for number in ids[start : start + size]]
        celery.send_task(ANALYSE, kwargs={"scan_ids": chunk}, queue=Priority(priority).value)


def send_alert_hints(celery: Celery, channels: Iterable[str]) -> None:
    """Say that deliveries are due on these channels. A hint may be lost, doubled or late: the sweep sends them too.

    Raises:
        kombu.exceptions.OperationalError: Redis is away; some of the hints may have been sent.
    """
    for channel in sorted(channels):
        celery.send_task(ALERT_TASKS[channel], queue=ALERTS, expires=HINT_SECONDS)


def queue_length(celery: Celery) -> int:
    """How many analysis messages wait in Redis, those in the hands of a worker not counted.

    Raises:
        kombu.exceptions.OperationalError: Redis is away.
    """
    with celery.connection_for_read() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0)
        try:
            client = connection.default_channel.client
            return sum(client.llen(name) for name in ANALYSIS_QUEUES)
        except connection.connection_errors as error:
            raise OperationalError(str(error)) from error
