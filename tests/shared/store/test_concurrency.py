"""Workers, submitters and the sweep at the same time, on connections of their own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.database import Database
from shared.errors import ConflictError
from shared.schemas import BatchCreate
from shared.states import ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.batches import cancel_batch, close_batch, create_batch, get_batch
from shared.store.claims import Claim, claim, claim_waiting, finish, release, renew
from shared.store.scans import get_scan, mark_queued, scan_history
from shared.store.sweep import recover_expired

Call = Callable[..., Any]


def together(*jobs: Callable[[], None]) -> None:
    """Run the jobs at the same time, each in a thread; raises the first error of any. All must end."""
    start, errors = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], None]) -> None:
        try:
            start.wait()
            job()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def test_two_workers_never_claim_the_same_scan_of_a_message(database_url: str, add: Call, read: Call) -> None:
    ids = add(120)
    claimed: list[Claim] = []

    def work(order: list[int]) -> None:
        database = Database(database_url)
        for start in range(0, len(order), 8):
            with database.write() as session:
                claimed.extend(claim(session, order[start : start + 8], "w", 30))
        database.dispose()

    together(*(lambda order=order: work(order) for order in (ids, ids, ids[::-1], ids[::-1])))  # type: ignore[misc]
    assert sorted(found.scan_id for found in claimed) == ids
    assert {read(get_scan, scan_id).attempt for scan_id in ids[::20]} == {1}


def test_two_workers_never_top_up_with_the_same_scan(database_url: str, add: Call) -> None:
    ids = add(120)
    claimed: list[int] = []

    def work() -> None:
        database = Database(database_url)
        found = [None]
        while found:
            with database.write() as session:
                found = claim_waiting(session, 3, "w", 30)
            claimed.extend(one.scan_id for one in found)
        database.dispose()

    together(work, work, work, work)
    assert sorted(claimed) == ids


def test_a_message_and_a_top_up_never_claim_the_same_scan(database_url: str, add: Call) -> None:
    ids = add(120)
    claimed: list[int] = []

    def work(choose: Callable[[Any, int], list[Claim]]) -> None:
        database = Database(database_url)
        for start in range(0, len(ids), 4):
            with database.write() as session:
                found = choose(session, start)
            claimed.extend(one.scan_id for one in found)
        database.dispose()

    by_message = lambda session, start: claim(session, ids[start : start + 4], "a", 30)  # noqa: E731
    by_top_up = lambda session, start: claim_waiting(session, 3, "b", 30)  # noqa: E731
    together(*(lambda choose=choose: work(choose) for choose in (by_message, by_top_up, by_top_up)))  # type: ignore[misc]
    assert sorted(claimed) == ids


def test_a_scan_whose_sender_is_still_marking_it_is_claimed_all_the_same(postgresql_database: str) -> None:
    """A row that is locked for a moment must not be passed over: its message would be spent."""
    database = Database(postgresql_database)
    [scan_id] = seeded(database, 1)
    claimed: list[Claim] = []

    def work() -> None:
        with database.write() as session:
            claimed.extend(claim(session, [scan_id], "w", 30))

    worker = threading.Thread(target=work)
    with database.write() as session:
        mark_queued(session, [scan_id])
        worker.start()
        worker.join(0.3)
        assert claimed == []
    worker.join()
    assert [found.scan_id for found in claimed] == [scan_id]
    database.dispose()


def test_a_batch_that_closes_while_files_are_added_takes_none_of_them(postgresql_database: str) -> None:
    database = Database(postgresql_database)
    seeded(database, 1)
    refused: list[ConflictError] = []

    def submit() -> None:
        try:
            with database.write() as session:
                add_scans(session, 1, [NewScan("late.png", "a" * 64, 1)])
        except ConflictError as error:
            refused.append(error)

    submitter = threading.Thread(target=submit)
    with database.write() as session:
        close_batch(session, 1)
        submitter.start()
        submitter.join(0.3)
        assert submitter.is_alive()
    submitter.join()
    assert len(refused) == 1
    with database.read() as session:
        assert get_batch(session, 1).total == 1
    database.dispose()


def test_files_that_were_being_added_while_the_batch_is_cancelled_are_cancelled_too(postgresql_database: str) -> None:
    database = Database(postgresql_database)
    seeded(database, 1)

    def cancel() -> None:
        with database.write() as session:
            cancel_batch(session, 1)

    canceller = threading.Thread(target=cancel)
    with database.write() as session:
        add_scans(session, 1, [NewScan("late.png", "a" * 64, 1)])
        canceller.start()
        canceller.join(0.3)
        assert canceller.is_alive()
    canceller.join()
    with database.read() as session:
        batch = get_batch(session, 1)
    assert (batch.counts.cancelled, batch.finished) == (2, True)
    database.dispose()


def seeded(database: Database, how_many: int) -> list[int]:
    """Ids of new scans of a new batch."""
    with database.write() as session:
        batch, _ = create_batch(session, BatchCreate(name="night"))
    with database.write() as session:
        added = add_scans(session, batch.id, [NewScan(f"{n}.png", f"{n:064x}", 1) for n in range(how_many)])
    return [scan.scan_id for scan in added if scan.scan_id is not None]


def test_everyone_at_once_neither_deadlocks_nor_loses_count(
    database_url: str, add: Call, new_batch: Call, read: Call, write: Call, result_of: Call
) -> None:
    batch_ids = [new_batch(), new_batch()]
    ids = [scan_id for pair in zip(add(60, batch_ids[0]), add(60, batch_ids[1]), strict=True) for scan_id in pair]
    won: Counter[int] = Counter()

    def worker() -> None:
        database = Database(database_url)
        for _ in range(12):
            with database.write() as session:
                claims = claim_waiting(session, 8, "w", 30)
            with database.write() as session:
                renew(session, claims, 30)
            for held in claims[:-1]:
                with database.write() as session:
                    won[held.scan_id] += finish(session, held, result_of(held)).ours
            with database.write() as session:
                release(session, claims[-1:])
        database.dispose()

    def sweep() -> None:
        database = Database(database_url)
        for _ in range(8):
            with database.write() as session:
                mark_queued(session, ids[::-1])
            with database.write() as session:
                recover_expired(session, datetime.now(UTC) + timedelta(seconds=31))
        with database.write() as session:
            cancel_batch(session, batch_ids[1])
        database.dispose()

    together(worker, worker, worker, sweep)
    assert set(won.values()) <= {0, 1}
    scans = [read(get_scan, scan_id) for scan_id in ids]
    for batch_id in batch_ids:
        states = Counter(scan.state for scan in scans if scan.batch_id == batch_id)
        counts = read(get_batch, batch_id).counts
        assert {state: getattr(counts, state) for state in ScanState} == {state: states[state] for state in ScanState}
    assert sum(won.values()) == sum(scan.state is ScanState.DONE for scan in scans)
    done = next(scan for scan in scans if scan.state is ScanState.DONE)
    assert [event.to_state for event in read(scan_history, done.id)].count("done") == 1


WRITER = """
import sys
from shared.database import Database
from shared.errors import ConflictError
from shared.schemas import BatchCreate
from shared.store.batches import create_batch, get_batch
from shared.store.claims import claim, fail
from shared.store.adding import NewScan, add_scans
database = Database(sys.argv[1])
with database.write() as session:
    batch = create_batch(session, BatchCreate(name="night", client_key="all"))[0]
for number in range(60):
    with database.write() as session:
        [added] = add_scans(session, batch.id, [NewScan(f"{sys.argv[2]}/{number}", "a" * 64, 1)])
    with database.write() as session:
        [claimed] = claim(session, [added.scan_id], sys.argv[2], 30)
    with database.write() as session:
        assert fail(session, claimed, "on purpose")
"""


@pytest.mark.timeout(120)
def test_many_writing_processes_never_see_a_locked_sqlite_file(sqlite_database: str) -> None:
    command = [sys.executable, "-c", WRITER, sqlite_database]
    writers = [subprocess.Popen([*command, str(number)], stderr=subprocess.PIPE) for number in range(4)]
    errors = [writer.communicate()[1].decode() for writer in writers]
    assert errors == [""] * 4
    database = Database(sqlite_database)
    with database.read() as session:
        assert get_batch(session, 1).counts.failed == 240
    database.dispose()
