from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from shared.database import Database
from shared.errors import ConflictError, CursorError, NotFoundError
from shared.states import Priority, ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.batches import get_batch
from shared.store.claims import claim, fail, finish
from shared.store.scans import ScanOrder, cancel_scan, get_scan, list_scans, mark_queued, retry_scan, scan_history

Call = Callable[..., Any]

A, B = "a" * 64, "b" * 64


def every_page(read: Call, batch_id: int, limit: int, **named: object) -> list[int]:
    """The ids of a whole listing, page by page."""
    ids: list[int] = []
    after = None
    while True:
        page = read(list_scans, batch_id, after=after, limit=limit, **named)
        assert len(page.items) <= limit
        ids += [scan.id for scan in page.items]
        after = page.next
        if after is None:
            return ids


def test_a_new_scan_is_received_with_the_priority_of_its_batch(write: Call, read: Call, new_batch: Call) -> None:
    batch_id = new_batch(Priority.URGENT)
    [added] = write(add_scans, batch_id, [NewScan("head/a.png", A, 123)])
    scan = read(get_scan, added.scan_id)
    assert (scan.path, scan.sha256, scan.size, scan.attempt) == ("head/a.png", A, 123, 0)
    assert (scan.state, scan.priority, scan.batch_id) == (ScanState.RECEIVED, Priority.URGENT, batch_id)
    assert [(event.from_state, event.to_state) for event in read(scan_history, scan.id)] == [(None, "received")]
    assert read(get_batch, batch_id).counts.received == 1


def test_adding_a_file_again_gives_the_scan_there_is(write: Call, read: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    first = write(add_scans, batch_id, [NewScan("a.png", A, 1), NewScan("b.png", B, 1)])
    again = write(add_scans, batch_id, [NewScan("b.png", B, 1), NewScan("c.png", A, 1), NewScan("a.png", A, 1)])
    assert [again[2], again[0]] == first
    assert again[1].scan_id not in {first[0].scan_id, first[1].scan_id}
    assert read(get_batch, batch_id).total == 3


def test_another_file_of_the_same_path_is_an_error_for_that_file_alone(write: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    write(add_scans, batch_id, [NewScan("a.png", A, 1)])
    added = write(add_scans, batch_id, [NewScan("a.png", B, 1), NewScan("b.png", B, 1), NewScan("b.png", A, 1)])
    assert [scan.error for scan in added] == [
        "The batch has another file of this path.",
        None,
        "The batch has another file of this path.",
    ]
    assert [scan.path for scan in added] == ["a.png", "b.png", "b.png"]


@pytest.mark.parametrize("path", ["a\x00b", "a\udcffb", "é" * 1001])
def test_a_path_that_cannot_be_stored_is_an_error_for_that_file_alone(write: Call, new_batch: Call, path: str) -> None:
    bad, good = write(add_scans, new_batch(), [NewScan(path, A, 1), NewScan("a.png", A, 1)])
    assert bad.scan_id is None
    assert bad.error.startswith("The path ")
    assert good.scan_id is not None


def test_the_longest_path_of_any_script_is_stored(write: Call, read: Call, new_batch: Call) -> None:
    path = "".join(chr(0x4E00 + number) for number in range(666))
    [added] = write(add_scans, new_batch(), [NewScan(path, A, 1)])
    assert read(get_scan, added.scan_id).path == path


def test_more_files_than_one_statement_names_are_added_in_order(write: Call, read: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    files = [NewScan(f"{number:04}.png", A, 1) for number in range(1201)]
    added = write(add_scans, batch_id, files)
    assert [scan.path for scan in added] == [file.path for file in files]
    assert len({scan.scan_id for scan in added}) == 1201
    assert write(add_scans, batch_id, files) == added
    assert read(get_batch, batch_id).counts.received == 1201


def test_submitters_of_the_same_files_share_the_scans(database: Database, new_batch: Call) -> None:
    batch_id = new_batch()
    files = [NewScan(f"{number:04}.png", A, 1) for number in range(1000)]
    found: list[list[int | None]] = []

    def add(order: list[NewScan]) -> None:
        with database.write() as session:
            found.append([scan.scan_id for scan in add_scans(session, batch_id, order)])

    threads = [threading.Thread(target=add, args=(order,)) for order in (files, files, files[::-1], files[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(len, found)) == 4000
    assert len({scan_id for part in found for scan_id in part}) == 1000
    with database.read() as session:
        assert get_batch(session, batch_id).total == 1000


def test_adding_to_a_batch_that_does_not_exist_is_not_found(write: Call) -> None:
    with pytest.raises(NotFoundError):
        write(add_scans, 77, [NewScan("a.png", A, 1)])


@pytest.mark.parametrize("limit", [1, 3, 10, 11])
def test_pages_by_id_have_no_gaps_and_no_repeats(read: Call, add: Call, new_batch: Call, limit: int) -> None:
    batch_id = new_batch()
    ids = add(10, batch_id)
    add(2)
    assert every_page(read, batch_id, limit) == ids


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_the_worklist_is_most_urgent_first_with_equal_and_missing_urgencies(
    write: Call, read: Call, add: Call, new_batch: Call, result_of: Call, limit: int
) -> None:
    batch_id = new_batch()
    ids = add(10, batch_id)
    urgencies = {0: 0.12341, 2: 0.30000000000000004, 3: 0.3, 4: 0.12349, 5: 1.0, 6: 0.0, 7: 0.3, 8: None}
    for claimed in write(claim, [ids[place] for place in urgencies], "w", 30):
        write(finish, claimed, result_of(claimed, urgencies[ids.index(claimed.scan_id)]))
    expected = [ids[place] for place in (5, 2, 3, 7, 4, 0, 6, 1, 8, 9)]
    assert every_page(read, batch_id, limit, order=ScanOrder.WORKLIST) == expected


def test_a_listing_can_be_of_one_state(write: Call, read: Call, add: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    ids = add(5, batch_id)
    write(mark_queued, ids[1:4])
    assert every_page(read, batch_id, 2, state=ScanState.QUEUED) == ids[1:4]


def test_scans_that_are_added_between_two_pages_come_at_the_end(read: Call, add: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    ids = add(3, batch_id)
    page = read(list_scans, batch_id, limit=2)
    ids += add(2, batch_id)
    rest = read(list_scans, batch_id, after=page.next, limit=10)
    assert [scan.id for scan in page.items + rest.items] == ids


@pytest.mark.parametrize(
    ("order", "after"),
    [("id", "x"), ("id", "0.5_1"), ("worklist", "1"), ("worklist", "nan_1"), ("worklist", "0.5_"), ("worklist", "")],
)
def test_a_cursor_of_another_listing_is_refused(read: Call, new_batch: Call, order: str, after: str) -> None:
    batch_id = new_batch()
    with pytest.raises(CursorError):
        read(list_scans, batch_id, order=ScanOrder(order), after=after)


def test_listing_a_batch_that_does_not_exist_is_not_found(read: Call) -> None:
    with pytest.raises(NotFoundError):
        read(list_scans, 77)


def test_marking_as_queued_moves_each_scan_once(write: Call, read: Call, add: Call) -> None:
    ids = add(3)
    write(claim, ids[2:], "w", 30)
    assert write(mark_queued, [*ids, ids[0], 777]) == 2
    assert write(mark_queued, ids) == 0
    assert [read(get_scan, scan_id).state for scan_id in ids] == ["queued", "queued", "running"]


@pytest.mark.parametrize("queued", [False, True])
def test_a_waiting_scan_is_cancelled_at_once(write: Call, read: Call, add: Call, queued: bool) -> None:
    [scan_id] = add(1)
    write(mark_queued, [scan_id] if queued else [])
    assert write(cancel_scan, scan_id).state is ScanState.CANCELLED
    assert write(cancel_scan, scan_id).state is ScanState.CANCELLED
    assert write(claim, [scan_id], "w", 30) == []
    assert len(read(scan_history, scan_id)) == (3 if queued else 2)


def test_the_later_write_about_a_cancelled_scan_is_discarded(
    write: Call, read: Call, add: Call, result_of: Call
) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    write(cancel_scan, claimed.scan_id)
    assert not write(finish, claimed, result_of(claimed)).ours
    assert not write(fail, claimed, "The disk is full.")
    scan = read(get_scan, claimed.scan_id)
    assert (scan.state, scan.urgency, scan.reason) == (ScanState.CANCELLED, None, None)


def test_what_is_done_cannot_be_cancelled_or_retried(write: Call, add: Call, result_of: Call) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    write(finish, claimed, result_of(claimed))
    with pytest.raises(ConflictError, match="is done: there is nothing left to cancel"):
        write(cancel_scan, claimed.scan_id)
    with pytest.raises(ConflictError, match="is done: only a failed or cancelled one"):
        write(retry_scan, claimed.scan_id)


def test_a_failed_scan_is_tried_again_with_the_next_attempt(write: Call, read: Call, add: Call) -> None:
    [first] = write(claim, add(1), "w", 30)
    write(fail, first, "The disk is full.")
    assert read(get_scan, first.scan_id).reason == "The disk is full."
    scan = write(retry_scan, first.scan_id)
    assert (scan.state, scan.reason, scan.attempt) == (ScanState.RECEIVED, None, 1)
    [second] = write(claim, [first.scan_id], "w", 30)
    assert second.attempt == 2


def test_a_rejected_scan_is_not_tried_again(write: Call, add: Call, result_of: Call) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    write(finish, claimed, result_of(claimed, status="rejected"))
    with pytest.raises(ConflictError, match="is rejected"):
        write(retry_scan, claimed.scan_id)


def test_the_history_tells_every_change_with_its_attempt_and_reason(write: Call, read: Call, add: Call) -> None:
    [scan_id] = add(1)
    write(mark_queued, [scan_id])
    [claimed] = write(claim, [scan_id], "w", 30)
    write(fail, claimed, "The disk is full.")
    write(retry_scan, scan_id)
    history = read(scan_history, scan_id)
    assert [(event.from_state, event.to_state, event.attempt, event.reason) for event in history] == [
        (None, "received", 0, None),
        ("received", "queued", 0, None),
        ("queued", "running", 1, None),
        ("running", "failed", 1, "The disk is full."),
        ("failed", "received", 1, None),
    ]
    assert [event.at for event in history] == sorted(event.at for event in history)


@pytest.mark.parametrize("function", [get_scan, cancel_scan, retry_scan, scan_history])
def test_a_scan_that_does_not_exist_is_not_found(write: Call, function: Call) -> None:
    for scan_id in (77, 0, -1, 2**63):
        with pytest.raises(NotFoundError, match=f"There is no scan {scan_id}"):
            write(function, scan_id)
