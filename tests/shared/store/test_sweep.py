from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.database import Database
from shared.schemas import BatchCreate
from shared.states import Priority, ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.batches import create_batch, get_batch
from shared.store.claims import claim, finish, release
from shared.store.scans import get_scan, mark_queued, retry_scan, scan_history
from shared.store.sweep import Unsent, recover_expired, unsent
from shared.tables import ScanRow

Call = Callable[..., Any]

LATER = timedelta(seconds=31)


def die(write: Call, scan_id: int) -> Any:
    """Claim a scan, die, be noticed."""
    assert len(write(claim, [scan_id], "w", 30)) == 1
    return write(recover_expired, datetime.now(UTC) + LATER)


def test_a_lease_that_has_not_expired_is_left_alone(write: Call, read: Call, add: Call) -> None:
    start = datetime.now(UTC)
    [claimed] = write(claim, add(1), "w", 30, start)
    recovered = write(recover_expired, start + timedelta(seconds=29))
    assert (recovered.requeued, recovered.failed) == ([], [])
    assert read(get_scan, claimed.scan_id).state is ScanState.RUNNING


def test_scans_of_an_expired_lease_wait_again_to_run_alone(write: Call, read: Call, add: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    ids = add(3, batch_id)
    write(claim, ids, "w", 30)
    recovered = write(recover_expired, datetime.now(UTC) + LATER)
    assert (recovered.requeued, recovered.failed) == (ids, [])
    counts = read(get_batch, batch_id).counts
    assert (counts.queued, counts.running) == (3, 0)
    assert read(get_scan, ids[0]).reason is None
    [claimed] = write(claim, ids[:1], "w", 30)
    assert claimed.solo
    assert read(scan_history, ids[0])[2].reason == "The lease expired."


def test_a_scan_that_three_workers_died_of_alone_fails_with_the_reason(write: Call, read: Call, add: Call) -> None:
    [scan_id] = add(1)
    assert die(write, scan_id).requeued == [scan_id]  # With others: it is only a suspect.
    assert die(write, scan_id).requeued == [scan_id]
    assert die(write, scan_id).requeued == [scan_id]
    recovered = die(write, scan_id)
    assert (recovered.requeued, recovered.failed) == ([], [scan_id])
    scan = read(get_scan, scan_id)
    assert scan.state is ScanState.FAILED
    assert scan.reason == "The worker process died three times while working on this scan alone."


def test_the_number_of_deaths_can_be_set(write: Call, read: Call, add: Call) -> None:
    [scan_id] = add(1)
    for _ in range(2):
        write(claim, [scan_id], "w", 30)
        recovered = write(recover_expired, datetime.now(UTC) + LATER, max_solo_attempts=1)
    assert recovered.failed == [scan_id]
    assert "died once while" in read(get_scan, scan_id).reason


def test_poison_and_suspects_of_several_batches_are_counted_right(write: Call, read: Call, add: Call) -> None:
    [poison], [suspect] = add(1), add(1)
    for _ in range(3):
        die(write, poison)
    write(claim, [poison], "w", 30)
    write(claim, [suspect], "w", 30)
    recovered = write(recover_expired, datetime.now(UTC) + LATER)
    assert (recovered.requeued, recovered.failed) == ([suspect], [poison])
    assert read(get_batch, read(get_scan, poison).batch_id).counts.failed == 1
    assert read(get_batch, read(get_scan, suspect).batch_id).counts.queued == 1


def test_a_retried_scan_may_share_a_batch_again(write: Call, add: Call) -> None:
    [scan_id] = add(1)
    for _ in range(4):
        die(write, scan_id)
    write(retry_scan, scan_id)
    [claimed] = write(claim, [scan_id], "w", 30)
    assert (claimed.solo, claimed.attempt) == (False, 5)


def test_a_suspect_that_is_done_alone_is_done(write: Call, read: Call, add: Call, result_of: Call) -> None:
    [scan_id] = add(1)
    die(write, scan_id)
    [claimed] = write(claim, [scan_id], "w", 30)
    assert write(finish, claimed, result_of(claimed)).ours
    assert read(get_scan, scan_id).state is ScanState.DONE


def test_scans_that_no_message_was_sent_for_are_found_urgent_first(write: Call, read: Call, add: Call) -> None:
    routine, urgent, sent = add(3), add(2, priority=Priority.URGENT), add(2)
    write(mark_queued, sent)
    write(claim, routine[:1], "w", 30)
    assert read(unsent, 0) == [Unsent(urgent, Priority.URGENT), Unsent(routine[1:], Priority.ROUTINE)]


def test_a_scan_that_was_just_added_is_left_to_its_sender(read: Call, add: Call) -> None:
    add(1)
    assert read(unsent, 60) == []


def test_how_long_a_scan_waits_is_told_by_the_clock_of_the_database(postgresql_database: str) -> None:
    """Its clock here is an hour behind ours."""
    hour_ago = "SELECT pg_catalog.clock_timestamp() - interval '1 hour'"
    with psycopg.connect(postgresql_database) as admin:
        admin.execute(f"CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ {hour_ago} $$")
    database = Database(f"{postgresql_database}&options=-csearch_path%3Dpublic,pg_catalog")
    with database.write() as session:
        batch, _ = create_batch(session, BatchCreate(name="night"))
    with database.write() as session:
        [scan] = add_scans(session, batch.id, [NewScan("a.png", "a" * 64, 1)])
    with database.read() as session:
        assert get_batch(session, batch.id).created_at < datetime.now(UTC) - timedelta(minutes=59)
        assert unsent(session, 60) == []
        assert unsent(session, 0) == [Unsent([scan.scan_id], Priority.ROUTINE)]
    database.dispose()


def test_scans_that_must_run_alone_are_each_a_group_of_their_own(write: Call, read: Call, add: Call) -> None:
    suspects = add(2, priority=Priority.URGENT)
    write(mark_queued, suspects)
    write(claim, suspects, "w", 30)
    write(recover_expired, datetime.now(UTC) + LATER)
    healthy = add(2)
    groups = read(unsent, -60)
    assert groups == [
        Unsent(healthy, Priority.ROUTINE),
        Unsent(suspects[:1], Priority.URGENT),
        Unsent(suspects[1:], Priority.URGENT),
    ]
    write(mark_queued, suspects)
    assert read(unsent, 0) == [Unsent(healthy, Priority.ROUTINE)]


def test_scans_that_a_worker_gave_back_are_sent_again(write: Call, read: Call, add: Call) -> None:
    ids = add(2)
    write(mark_queued, ids)
    write(release, write(claim, ids, "w", 30))
    assert read(unsent, 0) == [Unsent(ids, Priority.ROUTINE)]


def test_messages_that_were_lost_are_found_when_asked_for(write: Call, read: Call, add: Call) -> None:
    ids = add(2)
    write(mark_queued, ids)
    assert read(unsent, 0) == []
    assert read(unsent, 0, lost_seconds=60) == []
    assert read(unsent, 0, lost_seconds=0) == [Unsent(ids, Priority.ROUTINE)]


def test_sending_again_is_noted(write: Call, read: Call, add: Call) -> None:
    ids = add(1)
    write(mark_queued, ids)
    write(Session.execute, update(ScanRow).values(sent_at=datetime.now(UTC) - timedelta(hours=1)))
    assert read(unsent, 0, lost_seconds=60) == [Unsent(ids, Priority.ROUTINE)]
    write(mark_queued, ids)
    assert read(unsent, 0, lost_seconds=60) == []


def test_the_search_keeps_to_its_limit(read: Call, add: Call) -> None:
    routine, urgent = add(2), add(1, priority=Priority.URGENT)
    assert read(unsent, 0, 2) == [Unsent(urgent, Priority.URGENT), Unsent(routine[:1], Priority.ROUTINE)]
