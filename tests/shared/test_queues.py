"""The queue policy, on a real Redis."""

from __future__ import annotations

import time

import pytest
from kombu import Consumer
from kombu.exceptions import OperationalError

from shared.queues import ANALYSE, ANALYSIS_QUEUES, SWEEP, make_celery, queue_length, send_scans
from shared.settings import Settings
from shared.states import Priority


@pytest.fixture
def celery(tmp_path, redis_url):
    return make_celery(Settings(data_dir=tmp_path, redis_url=redis_url, chunk_size=3))


def consume(celery, count):
    """The ids of the next messages, taken one by one as a worker takes them."""
    received = []

    def take(body, message):
        received.append(body[1]["scan_ids"])
        message.ack()

    with celery.connection_for_read() as connection:
        queues = [celery.amqp.queues[name] for name in ANALYSIS_QUEUES]
        with Consumer(connection, queues, callbacks=[take], prefetch_count=1, accept=["json"]):
            while len(received) < count:
                connection.drain_events(timeout=5)
    return received


def test_ids_travel_in_chunks(celery):
    send_scans(celery, range(1, 8), Priority.ROUTINE)
    assert queue_length(celery) == 3
    assert consume(celery, 3) == [[1, 2, 3], [4, 5, 6], [7]]
    assert queue_length(celery) == 0


def test_scans_that_run_alone_travel_alone(celery):
    send_scans(celery, [1, 2], Priority.ROUTINE, alone=True)
    assert consume(celery, 2) == [[1], [2]]


def test_no_ids_make_no_message(celery):
    send_scans(celery, [], Priority.ROUTINE)
    assert queue_length(celery) == 0


def test_all_urgent_messages_come_before_any_routine_one(celery):
    for number in range(4):
        send_scans(celery, [number], Priority.ROUTINE)
        send_scans(celery, [10 + number], Priority.URGENT)
    assert consume(celery, 8) == [[10], [11], [12], [13], [0], [1], [2], [3]]


def test_sending_fails_at_once_where_redis_is_away(tmp_path):
    celery = make_celery(Settings(data_dir=tmp_path))
    started = time.monotonic()
    with pytest.raises(OperationalError):
        send_scans(celery, [1], Priority.URGENT)
    assert time.monotonic() - started < 5


def test_a_message_is_delivered_again_only_after_its_task_was_stopped_and_killed(celery):
    conf = celery.conf
    visibility = conf.broker_transport_options["visibility_timeout"]
    assert conf.task_soft_time_limit < conf.task_time_limit < visibility


def test_a_sweep_that_was_not_run_in_time_expires(celery):
    entry = celery.conf.beat_schedule["sweep"]
    assert entry["task"] == SWEEP
    assert entry["options"]["expires"] <= entry["schedule"].run_every.total_seconds()


def test_messages_are_acknowledged_late_and_taken_one_by_one(celery):
    assert celery.conf.task_acks_late
    assert celery.conf.worker_prefetch_multiplier == 1
    assert ANALYSE not in celery.tasks
