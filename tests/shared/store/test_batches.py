from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.database import Database
from shared.errors import ConflictError, CursorError, NotFoundError
from shared.schemas import BatchCreate
from shared.states import BatchState, Priority, ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.batches import (
    cancel_batch,
    close_batch,
    close_quiet_batches,
    create_batch,
    get_batch,
    list_batches,
    retry_batch,
)
from shared.store.claims import claim, fail, finish
from shared.store.scans import get_scan, mark_queued

Call = Callable[..., Any]


def test_a_new_batch_is_open_and_empty(write: Call, read: Call) -> None:
    batch, created = write(create_batch, BatchCreate(name="night", priority=Priority.URGENT))
    assert created
    assert read(get_batch, batch.id) == batch
    assert (batch.name, batch.priority, batch.state, batch.total) == ("night", Priority.URGENT, BatchState.OPEN, 0)
    assert not batch.finished
    assert abs(datetime.now(UTC) - batch.created_at) < timedelta(minutes=1)


def test_an_open_batch_of_the_same_client_key_is_given_back(write: Call) -> None:
    first, _ = write(create_batch, BatchCreate(name="night", client_key="k"))
    again, created = write(create_batch, BatchCreate(name="other", client_key="k"))
    assert (again, created) == (first, False)


def test_a_closed_batch_frees_its_client_key(write: Call) -> None:
    first, _ = write(create_batch, BatchCreate(name="night", client_key="k"))
    write(close_batch, first.id)
    second, created = write(create_batch, BatchCreate(name="night", client_key="k"))
    assert created
    assert second.id != first.id


def test_batches_without_a_client_key_are_all_new(write: Call) -> None:
    assert all(write(create_batch, BatchCreate(name="night"))[1] for _ in range(2))


def test_submitters_who_resume_together_get_one_batch(database: Database) -> None:
    found: list[tuple[int, bool]] = []

    def create() -> None:
        with database.write() as session:
            batch, created = create_batch(session, BatchCreate(name="night", client_key="k"))
        found.append((batch.id, created))

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len({batch_id for batch_id, _ in found}) == 1
    assert sum(created for _, created in found) == 1


def test_closing_is_idempotent(write: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    first = write(close_batch, batch_id)
    assert first.state is BatchState.CLOSED
    assert first.closed_at is not None
    assert write(close_batch, batch_id) == first


def test_a_closed_batch_takes_no_more_scans(write: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    write(close_batch, batch_id)
    with pytest.raises(ConflictError, match=f"Batch {batch_id} is closed"):
        write(add_scans, batch_id, [NewScan("a.png", "a" * 64, 1)])


def test_a_batch_is_finished_when_it_is_closed_and_nothing_is_left_to_do(
    write: Call, read: Call, add: Call, new_batch: Call, result_of: Call
) -> None:
    batch_id = new_batch()
    claims = write(claim, add(2, batch_id), "w", 30)
    write(finish, claims[0], result_of(claims[0]))
    assert not write(close_batch, batch_id).finished
    write(fail, claims[1], "The disk is full.")
    batch = read(get_batch, batch_id)
    assert batch.finished
    assert (batch.counts.done, batch.counts.failed, batch.total) == (1, 1, 2)


def test_the_version_grows_with_every_change_and_only_then(write: Call, read: Call, add: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    versions = [read(get_batch, batch_id).version]
    ids = add(2, batch_id)
    for step in (
        lambda: None,
        lambda: write(mark_queued, ids),
        lambda: write(claim, ids, "w", 30),
        lambda: write(cancel_batch, batch_id),
        lambda: write(retry_batch, batch_id),
    ):
        step()
        versions.append(read(get_batch, batch_id).version)
    assert versions == sorted(set(versions))
    write(mark_queued, [])
    write(close_batch, batch_id)
    assert read(get_batch, batch_id).version == versions[-1]


def test_cancelling_ends_what_waits_or_runs_and_keeps_what_is_done(
    write: Call, add: Call, new_batch: Call, result_of: Call
) -> None:
    batch_id = new_batch()
    ids = add(4, batch_id)
    write(mark_queued, ids[1:])
    claims = write(claim, ids[2:], "w", 30)
    write(finish, claims[1], result_of(claims[1]))
    batch = write(cancel_batch, batch_id)
    assert batch.state is BatchState.CLOSED
    assert (batch.counts.cancelled, batch.counts.done, batch.finished) == (3, 1, True)
    assert not write(finish, claims[0], result_of(claims[0])).ours


def test_retrying_brings_back_what_failed_or_was_cancelled_but_not_what_was_rejected(
    write: Call, read: Call, add: Call, new_batch: Call, result_of: Call
) -> None:
    batch_id = new_batch()
    ids = add(4, batch_id)
    claims = write(claim, ids[:3], "w", 30)
    write(fail, claims[0], "The disk is full.")
    write(finish, claims[1], result_of(claims[1], status="rejected"))
    write(cancel_batch, batch_id)
    batch, again = write(retry_batch, batch_id)
    assert again == [ids[0], ids[2], ids[3]]
    assert (batch.counts.received, batch.counts.rejected, batch.finished) == (3, 1, False)
    assert read(get_scan, ids[0]).reason is None
    assert [claimed.attempt for claimed in write(claim, again, "w", 30)] == [2, 2, 1]


def test_only_the_failed_can_be_retried(write: Call, add: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    ids = add(2, batch_id)
    write(fail, *write(claim, ids[:1], "w", 30), "The disk is full.")
    write(cancel_batch, batch_id)
    assert write(retry_batch, batch_id, {ScanState.FAILED})[1] == ids[:1]


def test_a_batch_that_gets_no_scans_for_long_is_closed(write: Call, read: Call, add: Call, new_batch: Call) -> None:
    quiet, closed = new_batch(), new_batch()
    write(close_batch, closed)
    later = datetime.now(UTC) + timedelta(seconds=3601)
    assert write(close_quiet_batches, 3600, later - timedelta(seconds=10)) == []
    assert write(close_quiet_batches, 3600, later) == [quiet]
    assert read(get_batch, quiet).state is BatchState.CLOSED


def test_a_new_scan_keeps_a_batch_open(write: Call, read: Call, add: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    created = read(get_batch, batch_id).created_at
    add(1, batch_id)
    assert write(close_quiet_batches, 0, created + timedelta(microseconds=1)) == []


def test_batches_are_listed_newest_first_without_gaps(read: Call, new_batch: Call) -> None:
    ids = [new_batch() for _ in range(7)]
    seen, after = [], None
    for _ in range(3):
        page = read(list_batches, after, 3)
        seen += [batch.id for batch in page.items]
        after = page.next
    assert seen == ids[::-1]
    assert after is None


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", str(2**63)])
def test_a_cursor_that_no_page_gave_is_refused(read: Call, after: str) -> None:
    with pytest.raises(CursorError):
        read(list_batches, after)


@pytest.mark.parametrize("function", [get_batch, close_batch, cancel_batch, retry_batch])
def test_a_batch_that_does_not_exist_is_not_found(write: Call, function: Call) -> None:
    for batch_id in (77, 0, -1, 2**63):
        with pytest.raises(NotFoundError, match=f"There is no batch {batch_id}"):
            write(function, batch_id)
