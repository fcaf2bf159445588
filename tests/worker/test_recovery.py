"""Crashes and outages in the middle of a batch: every scan ends exactly once, and no healthy one fails."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime

import psycopg
import pytest

from shared.states import Priority, ScanState

DONE, FAILED, RUNNING = ScanState.DONE, ScanState.FAILED, ScanState.RUNNING


def test_a_killed_worker_loses_no_scan_and_no_scan_is_done_twice(any_installation, scripts):
    ours = any_installation
    _, first = ours.start_all()
    ids = ours.submit(scripts(24, seconds=0.1))
    ours.wait_for(lambda: ours.states(ids)[DONE] >= 2 and ours.states(ids)[RUNNING] >= 2)

    first.kill()
    in_hand = [scan_id for scan_id in ids if ours.scan(scan_id).state is RUNNING]
    ours.start_worker()
    ours.wait_for_states(ids, done=24)

    assert in_hand
    assert [ours.ends(scan_id) for scan_id in ids] == [[DONE]] * 24
    assert {ours.scan(scan_id).attempt for scan_id in in_hand} == {2}


def test_a_poison_scan_fails_alone_after_three_attempts(installation, scripts):
    ours = installation
    ours.start_all()
    poison = {"kill": True}
    ids = ours.submit([*scripts(5), poison, *scripts(5)])
    ours.wait_for_states(ids, done=10, failed=1)

    healthy = [*ids[:5], *ids[6:]]
    assert [ours.ends(scan_id) for scan_id in healthy] == [[DONE]] * 10
    assert max(ours.scan(scan_id).attempt for scan_id in healthy) == 2
    failed = ours.scan(ids[5])
    assert failed.reason == "The worker process died three times while working on this scan alone."
    assert failed.attempt == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_of_redis_in_the_middle_loses_nothing(installation, scripts, number):
    redis, _ = installation.start_all()
    ids = installation.submit(scripts(40, seconds=0.1))
    installation.wait_for(lambda: installation.states(ids)[DONE] >= 5)

    redis.process.send_signal(number)
    redis.process.wait(10)
    assert installation.states(ids)[DONE] < 40
    time.sleep(1)
    installation.start_redis()
    late = installation.submit(scripts(3))

    installation.wait_for_states([*ids, *late], done=43)
    assert [installation.ends(scan_id) for scan_id in ids] == [[DONE]] * 40


def test_an_outage_of_the_database_in_the_middle_loses_nothing(postgresql_installation, postgres_url, scripts):
    ours = postgresql_installation
    name = ours.settings.database_address.split("/")[3].split("?")[0]
    _, worker = ours.start_all()
    ids = ours.submit(scripts(30, seconds=0.1))
    ours.wait_for(lambda: ours.states(ids)[DONE] >= 3)

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        time.sleep(1)
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    ours.wait_for_states(ids, done=30)
    assert [ours.ends(scan_id) for scan_id in ids] == [[DONE]] * 30
    assert "database_away" in worker.log_tail(1000)


def test_a_worker_that_is_stopped_hands_back_what_it_has_not_started(installation, scripts):
    installation.start_redis()
    worker = installation.start_worker()
    ids = installation.submit(scripts(40, seconds=0.1))
    installation.wait_for(lambda: installation.states(ids)[DONE] >= 3)

    worker.terminate()
    assert worker.process.wait(10) == 0

    states = installation.states(ids)
    assert states[RUNNING] == 0
    assert 0 < states[DONE] < 40
    installation.start_worker(sweeping=True)
    installation.wait_for_states(ids, done=40)
    assert max(installation.scan(scan_id).attempt for scan_id in ids) <= 2


@pytest.mark.parametrize("settings", [{"task_seconds": 2}], indirect=True)
def test_a_scan_that_hangs_fails_alone_and_its_neighbours_are_done(installation, scripts):
    installation.start_all()
    ids = installation.submit([*scripts(3), {"hang": True}, *scripts(3)])
    installation.wait_for_states(ids, done=6, failed=1)
    assert installation.scan(ids[3]).reason == "The analysis took longer than 2 seconds."


def test_two_workers_share_the_scans_and_do_none_twice(installation, scripts):
    installation.start_redis()
    installation.start_worker()
    installation.start_worker()
    ids = installation.submit(scripts(60, seconds=0.05))
    installation.wait_for_states(ids, done=60)
    assert [installation.ends(scan_id) for scan_id in ids] == [[DONE]] * 60
    assert {installation.scan(scan_id).attempt for scan_id in ids} == {1}
    assert all("scan_settled" in worker.log_tail(200) for worker in installation.children[1:])


def test_urgent_scans_overtake_routine_ones(installation, scripts):
    installation.start_redis()
    installation.start_worker()
    routine = installation.submit(scripts(60, seconds=0.05))
    installation.wait_for(lambda: installation.states(routine)[DONE] >= 2)
    urgent = installation.submit(scripts(8, seconds=0.05), Priority.URGENT)
    sent_at = datetime.now(UTC)
    installation.wait_for_states([*routine, *urgent], done=68)

    last_urgent = max(installation.claimed_at(scan_id) for scan_id in urgent)
    overtaken = [scan_id for scan_id in routine if installation.claimed_at(scan_id) > last_urgent]
    early = [scan_id for scan_id in routine if installation.claimed_at(scan_id) <= sent_at]
    assert len(overtaken) >= 60 - len(early) - installation.settings.chunk_size
