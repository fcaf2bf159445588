from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import CursorError, NotFoundError
from shared.store.adding import NewScan, add_scans
from shared.store.claims import claim, fail, finish
from shared.store.results import find_results, get_result, keep_result, list_results, result_images
from shared.store.scans import cancel_scan

Call = Callable[..., Any]


def test_the_first_result_of_a_file_and_a_release_stays(write: Call, read: Call, add: Call, result_of: Call) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    first, second = result_of(claimed, 0.2), result_of(claimed, 0.8)
    assert write(keep_result, first)[1] == first
    assert write(keep_result, second)[1] == first
    assert read(find_results, [claimed.sha256], "release-1") == {claimed.sha256: first}


def test_another_release_has_results_of_its_own(write: Call, read: Call, add: Call, result_of: Call) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    new = result_of(claimed, 0.8, version="2")
    write(keep_result, result_of(claimed, 0.2))
    assert read(find_results, [claimed.sha256], "release-2") == {}
    assert write(keep_result, new)[1] == new


def test_results_are_found_for_many_files_at_once(write: Call, read: Call, add: Call, result_of: Call) -> None:
    claims = write(claim, add(3), "w", 30)
    for claimed in claims[:2]:
        write(keep_result, result_of(claimed))
    found = read(find_results, [claimed.sha256 for claimed in claims] * 300, "release-1")
    assert set(found) == {claimed.sha256 for claimed in claims[:2]}


def test_a_failure_is_not_kept_for_reuse(write: Call, add: Call, result_of: Call) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    with pytest.raises(ValueError, match="status failed is not kept"):
        write(keep_result, result_of(claimed, status="failed"))


def test_the_same_bytes_elsewhere_are_done_with_the_result_there_is(
    write: Call, read: Call, new_batch: Call, result_of: Call
) -> None:
    same = [NewScan(path, "a" * 64, 1) for path in ("1.png", "2.png")]
    ids = [scan.scan_id for scan in write(add_scans, new_batch(), same)]
    first, copy = write(claim, ids, "w", 30)
    write(finish, first, result_of(first, 0.7))
    assert write(finish, copy, read(find_results, [copy.sha256], "release-1")[copy.sha256]).ours
    assert read(get_result, copy.scan_id).path == "2.png"
    assert read(get_result, copy.scan_id).urgency == read(get_result, first.scan_id).urgency == 0.7
    assert read(result_images, copy.scan_id) == {"overlay": "0" * 64}


def test_a_scan_that_failed_has_a_result_with_the_reason(write: Call, read: Call, add: Call) -> None:
    [failed] = write(claim, add(1), "w", 30)
    write(fail, failed, "The disk is full.")
    result = read(get_result, failed.scan_id)
    assert (result.status, result.reason, result.path) == ("failed", "The disk is full.", failed.path)
    assert read(result_images, failed.scan_id) == {}


def test_a_scan_that_waits_runs_or_was_cancelled_has_no_result(write: Call, read: Call, add: Call) -> None:
    waiting, running, cancelled = add(3)
    write(claim, [running], "w", 30)
    write(cancel_scan, cancelled)
    for scan_id in (waiting, running, cancelled):
        assert read(get_result, scan_id) is None
        assert read(result_images, scan_id) == {}


def test_the_results_of_a_batch_come_in_pages_without_gaps(
    write: Call, read: Call, add: Call, new_batch: Call, result_of: Call
) -> None:
    batch_id = new_batch()
    ids = add(7, batch_id)
    claims = write(claim, ids[:6], "w", 30)
    for claimed in claims[1:]:
        write(finish, claimed, result_of(claimed))
    write(fail, claims[0], "The disk is full.")
    add(1)
    seen, after = [], None
    for _ in range(3):
        page = read(list_results, batch_id, after, 2)
        seen += [(outcome.scan_id, outcome.result.path) for outcome in page.items]
        after = page.next
    assert seen == [(claimed.scan_id, claimed.path) for claimed in claims]
    assert after is None


def test_listing_results_refuses_a_strange_batch_or_cursor(read: Call, new_batch: Call) -> None:
    with pytest.raises(NotFoundError):
        read(list_results, 77)
    with pytest.raises(CursorError):
        read(list_results, new_batch(), "x")


@pytest.mark.parametrize("function", [get_result, result_images])
def test_the_result_of_a_scan_that_does_not_exist_is_not_found(read: Call, function: Call) -> None:
    with pytest.raises(NotFoundError):
        read(function, 77)


def test_a_result_keeps_its_images(write: Call, read: Call, add: Call, result_of: Call) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    images = {"overlay": "1" * 64, "mask": "2" * 64}
    write(finish, claimed, replace(result_of(claimed), images=images))
    assert read(result_images, claimed.scan_id) == images
