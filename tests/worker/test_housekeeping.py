"""The sweep, on a real database and Redis."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from kombu.exceptions import OperationalError

from shared.arrivals import study_source, take_in
from shared.queues import queue_length
from shared.states import BatchState, Priority, ScanState
from shared.store.adding import NewScan
from shared.store.batches import list_batches
from shared.store.claims import claim
from worker.housekeeping import sweep
from worker.resources import Resources

DAY = timedelta(days=1)


@pytest.fixture
def resources(any_installation):
    any_installation.start_redis()
    return Resources(any_installation.settings, any_installation.celery)


def test_scans_committed_but_never_sent_are_sent_and_marked(any_installation, resources, scripts):
    ids = any_installation.add(scripts(10), Priority.URGENT)
    time.sleep(any_installation.settings.sweep_seconds)
    sweep(resources)
    assert any_installation.messages("urgent") == [ids[:8], ids[8:]]
    assert any_installation.states(ids) == {ScanState.QUEUED: 10}


def test_scans_just_committed_are_left_to_their_sender(any_installation, resources, scripts):
    any_installation.add(scripts(2))
    sweep(resources)
    assert queue_length(resources.celery) == 0


def test_lost_messages_are_sent_again_once_redis_holds_none(any_installation, resources, scripts):
    ids = any_installation.submit(scripts(3))
    any_installation.flush_redis()
    time.sleep(any_installation.settings.lease_seconds)
    sweep(resources)
    assert any_installation.messages("routine") == [ids]


def test_waiting_scans_are_not_sent_twice_while_their_message_is_there(any_installation, resources, scripts):
    any_installation.submit(scripts(3))
    time.sleep(any_installation.settings.lease_seconds)
    sweep(resources)
    sweep(resources)
    assert queue_length(resources.celery) == 1


def test_scans_of_an_expired_lease_are_sent_each_alone_in_their_priority(any_installation, resources, scripts):
    ids = any_installation.add(scripts(3), Priority.URGENT)
    with any_installation.database.write() as session:
        claim(session, ids, "a dead worker", 30, datetime.now(UTC) - DAY)
    sweep(resources)
    assert any_installation.messages("urgent") == [[number] for number in ids]
    assert any_installation.states(ids) == {ScanState.QUEUED: 3}


def test_scans_of_a_lease_that_still_runs_are_left_alone(any_installation, resources, scripts):
    ids = any_installation.add(scripts(3))
    with any_installation.database.write() as session:
        claim(session, ids, "a worker", 30)
    sweep(resources)
    assert any_installation.states(ids) == {ScanState.RUNNING: 3}


def test_what_could_not_be_sent_is_sent_by_a_later_sweep(any_installation, resources, scripts):
    redis = any_installation.children[0]
    ids = any_installation.add(scripts(3))
    time.sleep(any_installation.settings.sweep_seconds)
    redis.kill()
    sweep(resources)
    assert any_installation.states(ids) == {ScanState.RECEIVED: 3}
    any_installation.start_redis()
    sweep(resources)
    assert any_installation.messages("routine") == [ids]


@pytest.mark.parametrize("settings", [{"batch_quiet_seconds": 0.2}], indirect=True)
def test_a_quiet_batch_is_closed(any_installation, resources, scripts):
    any_installation.add(scripts(1))
    time.sleep(0.3)
    sweep(resources)
    with any_installation.database.read() as session:
        assert [batch.state for batch in list_batches(session).items] == [BatchState.CLOSED]


def test_the_length_of_a_queue_that_is_away_is_an_error(installation):
    with pytest.raises(OperationalError):
        queue_length(installation.celery)


def test_what_a_crashed_upload_left_is_removed_and_a_running_one_is_not(any_installation, resources):
    incoming = any_installation.settings.blob_dir / "incoming"
    with resources.blobs.writer():
        [crashed] = incoming.iterdir()
        os.utime(crashed, (0, 0))
        with resources.blobs.writer():
            sweep(resources)
            assert len(list(incoming.iterdir())) == 1
            assert not crashed.exists()


def test_a_study_that_has_come_is_closed_sooner_than_a_submitters_batch(any_installation, resources):
    quick = Resources(any_installation.settings.model_copy(update={"arrival_quiet_seconds": 0.1}), resources.celery)
    study = take_in(any_installation.database, study_source("1.2.3", "PACS"), NewScan("a.dcm", "a" * 64, 1))
    any_installation.add([{}])
    time.sleep(0.2)
    sweep(quick)
    with any_installation.database.read() as session:
        states = {batch.id: batch.state for batch in list_batches(session).items}
    assert [number for number, state in states.items() if state is BatchState.CLOSED] == [study.batch_id]
