from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.states import Priority, ScanState
from shared.store.batches import get_batch
from shared.store.claims import claim, claim_waiting, fail, finish, release, renew
from shared.store.results import find_results, get_result, keep_result
from shared.store.scans import cancel_scan, get_scan, mark_queued, scan_history
from shared.store.sweep import recover_expired

Call = Callable[..., Any]

LATER = timedelta(seconds=31)


@pytest.fixture
def crash(write: Call) -> Call:
    """The workers of all claimed scans died, and the sweep noticed."""
    return lambda: write(recover_expired, datetime.now(UTC) + LATER)


def test_a_claim_takes_waiting_scans_in_order_of_their_ids(write: Call, read: Call, add: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    ids = add(3, batch_id)
    write(mark_queued, ids[:1])
    claims = write(claim, ids[::-1], "w", 30)
    assert [claimed.scan_id for claimed in claims] == ids
    assert {(claimed.attempt, claimed.solo, claimed.batch_id) for claimed in claims} == {(1, False, batch_id)}
    scan = read(get_scan, ids[0])
    assert (scan.state, scan.attempt) == (ScanState.RUNNING, 1)
    assert (claims[0].path, claims[0].sha256) == (scan.path, scan.sha256)
    assert read(get_batch, batch_id).counts.running == 3


def test_a_scan_is_claimed_once(write: Call, add: Call) -> None:
    ids = add(2)
    assert len(write(claim, [ids[0], ids[0], 777], "a", 30)) == 1
    assert [claimed.scan_id for claimed in write(claim, ids, "b", 30)] == ids[1:]
    assert write(claim_waiting, 5, "c", 30) == []


def test_a_result_makes_a_scan_done_with_the_figures_to_sort_by(
    write: Call, read: Call, add: Call, result_of: Call
) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    assert write(finish, claimed, result_of(claimed, 0.7)).ours
    scan = read(get_scan, claimed.scan_id)
    assert (scan.state, scan.urgency, scan.tumor_probability, scan.kind) == (ScanState.DONE, 0.7, 0.9, "brain-mri")
    assert not write(finish, claimed, result_of(claimed)).ours
    assert [event.to_state for event in read(scan_history, scan.id)] == ["received", "running", "done"]


def test_a_result_that_rejects_the_bytes_makes_a_scan_rejected(
    write: Call, read: Call, add: Call, result_of: Call
) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    assert write(finish, claimed, result_of(claimed, status="rejected")).ours
    scan = read(get_scan, claimed.scan_id)
    assert (scan.state, scan.reason, scan.urgency) == (ScanState.REJECTED, "This is not a scan.", None)


def test_a_stale_attempt_writes_nothing(write: Call, read: Call, add: Call, result_of: Call, crash: Call) -> None:
    [stale] = write(claim, add(1), "slow", 30)
    crash()
    [current] = write(claim, [stale.scan_id], "quick", 30)
    before = (read(get_scan, stale.scan_id), read(scan_history, stale.scan_id), read(get_batch, stale.batch_id))
    assert not write(finish, stale, result_of(stale)).ours
    assert not write(fail, stale, "The disk is full.")
    assert write(renew, [stale], 30) == set()
    assert write(release, [stale]) == set()
    assert before == (read(get_scan, stale.scan_id), read(scan_history, stale.scan_id), read(get_batch, stale.batch_id))
    assert read(find_results, [stale.sha256], "release-1") == {}
    assert write(finish, current, result_of(current)).ours


def test_an_expired_claim_writes_nothing_even_while_nobody_else_holds_the_scan(
    write: Call, read: Call, add: Call, result_of: Call, crash: Call
) -> None:
    [stale] = write(claim, add(1), "slow", 30)
    crash()
    assert not write(finish, stale, result_of(stale)).ours
    assert read(get_scan, stale.scan_id).state is ScanState.QUEUED


def test_a_renewed_lease_does_not_expire(write: Call, add: Call) -> None:
    start = datetime.now(UTC)
    claims = write(claim, add(2), "w", 30, start)
    write(cancel_scan, claims[1].scan_id)
    assert write(renew, claims, 30, start + timedelta(seconds=29)) == {claims[0].scan_id}
    assert write(recover_expired, start + timedelta(seconds=58)).requeued == []
    assert write(recover_expired, start + timedelta(seconds=60)).requeued == [claims[0].scan_id]


def test_a_lease_that_ran_out_unnoticed_can_be_renewed(write: Call, add: Call) -> None:
    start = datetime.now(UTC)
    claims = write(claim, add(1), "w", 30, start)
    assert write(renew, claims, 30, start + LATER) == {claims[0].scan_id}


def test_topping_up_takes_the_urgent_first_then_the_oldest(write: Call, add: Call) -> None:
    routine, urgent = add(3), add(2, priority=Priority.URGENT)
    claims = write(claim_waiting, 4, "w", 30)
    assert {claimed.scan_id for claimed in claims} == {*urgent, *routine[:2]}
    assert [claimed.scan_id for claimed in write(claim_waiting, 4, "w", 30)] == routine[2:]


@pytest.mark.parametrize("limit", [0, 1])
def test_topping_up_keeps_to_its_limit(write: Call, add: Call, limit: int) -> None:
    add(2, priority=Priority.URGENT)
    assert len(write(claim_waiting, limit, "w", 30)) == limit


def test_topping_up_never_takes_a_scan_that_must_run_alone(write: Call, add: Call, crash: Call) -> None:
    [suspect] = add(1)
    write(claim, [suspect], "w", 30)
    crash()
    healthy = add(1)
    assert [claimed.scan_id for claimed in write(claim_waiting, 5, "w", 30)] == healthy


def test_topping_up_takes_nothing_routine_while_an_urgent_scan_must_run_alone(
    write: Call, add: Call, crash: Call
) -> None:
    [suspect] = add(1, priority=Priority.URGENT)
    write(claim, [suspect], "w", 30)
    crash()
    routine, urgent = add(2), add(1, priority=Priority.URGENT)
    assert [claimed.scan_id for claimed in write(claim_waiting, 5, "w", 30)] == urgent
    write(claim, [suspect], "w", 30)
    assert [claimed.scan_id for claimed in write(claim_waiting, 5, "w", 30)] == routine


def test_scans_that_must_run_alone_are_claimed_one_at_a_time(write: Call, add: Call, crash: Call) -> None:
    ids = add(3)
    write(claim, ids, "w", 30)
    crash()
    for scan_id in ids:
        [claimed] = write(claim, ids, "w", 30)
        assert (claimed.scan_id, claimed.solo, claimed.attempt) == (scan_id, True, 2)


def test_a_message_of_healthy_and_suspect_scans_gives_the_healthy_ones(write: Call, add: Call, crash: Call) -> None:
    suspects = add(2)
    write(claim, suspects, "w", 30)
    crash()
    healthy = add(2)
    assert [claimed.scan_id for claimed in write(claim, suspects + healthy, "w", 30)] == healthy


def test_a_worker_that_stops_in_good_order_gives_its_scans_back_at_no_cost(
    write: Call, read: Call, add: Call, crash: Call
) -> None:
    claims = write(claim, add(2), "w", 30)
    write(cancel_scan, claims[0].scan_id)
    assert write(release, claims) == {claims[1].scan_id}
    [again] = write(claim_waiting, 5, "w", 30)
    assert (again.scan_id, again.solo, again.attempt) == (claims[1].scan_id, False, 2)
    assert read(scan_history, again.scan_id)[2].reason == "The worker stopped."


def test_giving_a_lone_scan_back_does_not_count_as_a_death(write: Call, read: Call, add: Call, crash: Call) -> None:
    [scan_id] = add(1)
    write(claim, [scan_id], "w", 30)
    crash()
    for _ in range(5):
        write(release, write(claim, [scan_id], "w", 30))
    for _ in range(2):
        write(claim, [scan_id], "w", 30)
        assert crash().requeued == [scan_id]


def test_a_failure_carries_its_reason(write: Call, read: Call, add: Call) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    assert write(fail, claimed, "The disk is full.")
    scan = read(get_scan, claimed.scan_id)
    assert (scan.state, scan.reason) == ("failed", "The disk is full.")


def test_the_first_result_of_a_file_is_the_result_of_all_scans_of_it(
    write: Call, read: Call, add: Call, result_of: Call
) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    write(keep_result, result_of(claimed, 0.2))
    assert write(finish, claimed, result_of(claimed, 0.8)).ours
    assert read(get_scan, claimed.scan_id).urgency == 0.2
    assert read(get_result, claimed.scan_id).urgency == 0.2


@pytest.mark.parametrize(
    "text", ['{"status": "failed"}', '{"status": "lost"}', "{}", '{"status": "done", "urgency": 2}']
)
def test_a_result_outside_the_contract_is_refused_and_changes_nothing(
    write: Call, read: Call, add: Call, result_of: Call, text: str
) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    with pytest.raises(ValueError, match=r"status|urgency"):
        write(finish, claimed, replace(result_of(claimed), result=text))
    assert read(get_scan, claimed.scan_id).state is ScanState.RUNNING


def test_no_claims_are_no_work(write: Call) -> None:
    assert write(claim, [], "w", 30) == []
    assert write(renew, [], 30) == set()
    assert write(release, []) == set()
