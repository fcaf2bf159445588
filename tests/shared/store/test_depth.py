from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from shared.states import Priority, ScanState
from shared.store.claims import claim, fail, finish
from shared.store.depth import queue_depth
from shared.store.scans import mark_queued, retry_scan

Call = Callable[..., Any]


def test_an_empty_store_has_no_depth(read: Call) -> None:
    depth = read(queue_depth)
    assert depth.waiting == {Priority.URGENT: 0, Priority.ROUTINE: 0}
    assert depth.oldest_waiting_seconds is None
    assert depth.scans == dict.fromkeys(ScanState, 0)


def test_waiting_scans_are_counted_by_priority_and_all_by_state(
    write: Call, read: Call, add: Call, result_of: Call
) -> None:
    routine, urgent = add(4), add(2, priority=Priority.URGENT)
    add(1)
    write(mark_queued, routine[:2])
    first, second = write(claim, [routine[0], urgent[0]], "w", 30)
    write(finish, first, result_of(first))
    write(fail, second, "The disk is full.")
    depth = read(queue_depth)
    assert depth.waiting == {Priority.URGENT: 1, Priority.ROUTINE: 4}
    assert {state: number for state, number in depth.scans.items() if number} == {
        ScanState.RECEIVED: 4,
        ScanState.QUEUED: 1,
        ScanState.DONE: 1,
        ScanState.FAILED: 1,
    }


def test_the_age_is_that_of_the_oldest_waiting_scan_however_often_it_was_sent(
    write: Call, read: Call, add: Call
) -> None:
    ids = add(1)
    first_waits = time.monotonic()
    time.sleep(0.5)
    add(1)
    write(mark_queued, ids)
    at_least = time.monotonic() - first_waits
    assert at_least <= read(queue_depth).oldest_waiting_seconds < at_least + 60


def test_a_retried_scan_waits_from_its_retry(write: Call, read: Call, add: Call) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    write(fail, claimed, "The disk is full.")
    assert read(queue_depth).oldest_waiting_seconds is None
    retried = write(retry_scan, claimed.scan_id)
    assert read(queue_depth).oldest_waiting_seconds < 60
    assert retried.updated_at > retried.created_at
