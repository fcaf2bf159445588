from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from shared.database import Database
from shared.errors import CursorError
from shared.migrations import config
from shared.store.alerts import acknowledge, list_alerts
from shared.store.batches import close_batch
from shared.store.claims import claim, fail, finish
from shared.store.digests import raise_digests
from shared.store.results import StoredResult, results_of
from shared.store.worklist import AlertMark, Found, Part, alert_marks, count_found, list_worklist

Call = Callable[..., Any]


@pytest.fixture
def ended(write: Call, add: Call, new_batch: Call, positive: Call, result_of: Call) -> tuple[int, list[int]]:
    """A batch with a sure finding, a doubtful one, none, a failure, a rejection and a waiting scan, in this order."""
    batch_id = new_batch()
    ids = add(6, batch_id)
    sure, doubt, none, broken, bad = write(claim, ids[:5], "w", 30)
    write(finish, sure, positive(sure, 0.5))
    write(finish, doubt, doubtful(positive(doubt, 0.9)))
    write(finish, none, result_of(none, 0.1))
    write(fail, broken, "The disk is full.")
    write(finish, bad, result_of(bad, status="rejected"))
    return batch_id, ids


def doubtful(stored: StoredResult) -> StoredResult:
    contract = json.loads(stored.result)
    contract["findings"][0]["malignancy"]["label"] = "uncertain"
    return replace(stored, result=json.dumps(contract))


@pytest.mark.parametrize(
    ("part", "which"),
    [
        (Part.ALL, [1, 0, 2, 3, 4, 5]),
        (Part.FINDINGS, [1, 0]),
        (Part.DOUBT, [1]),
        (Part.DONE, [1, 0, 2]),
        (Part.FAILED, [3]),
        (Part.REJECTED, [4]),
        (Part.WAITING, [5]),
        (Part.RUNNING, []),
        (Part.CANCELLED, []),
    ],
)
def test_parts_are_listed_most_urgent_first(read: Call, ended: tuple[int, list[int]], part: Part, which: list[int]):
    batch_id, ids = ended
    page = read(list_worklist, batch_id, part)
    assert [scan.id for scan in page.items] == [ids[place] for place in which]
    assert page.next is None


def test_pages_of_a_part_follow_each_other(read: Call, ended: tuple[int, list[int]]) -> None:
    batch_id, ids = ended
    first = read(list_worklist, batch_id, Part.FINDINGS, limit=1)
    second = read(list_worklist, batch_id, Part.FINDINGS, after=first.next, limit=1)
    assert [scan.id for scan in first.items + second.items] == [ids[1], ids[0]]
    with pytest.raises(CursorError):
        read(list_worklist, batch_id, after="nonsense")


def test_what_was_found_is_counted_by_batch(read: Call, new_batch: Call, ended: tuple[int, list[int]]) -> None:
    empty = new_batch()
    assert read(count_found, [ended[0], empty]) == {ended[0]: Found(2, 1), empty: Found(0, 0)}


def test_results_of_a_page_come_with_the_names_of_their_pictures(read: Call, ended: tuple[int, list[int]]) -> None:
    _, ids = ended
    found = read(results_of, ids)
    assert sorted(found) == ids[:5]
    assert found[ids[0]].images == {"overlay"}
    assert found[ids[0]].result.reported[0].label == "glioma"
    assert (found[ids[3]].result.reason, found[ids[3]].images) == ("The disk is full.", frozenset())


def test_scans_are_marked_with_their_alert(write: Call, read: Call, add: Call, settle: Call, policy: Call) -> None:
    told, silent = add(2)
    settle([told], policy())
    [alert] = read(list_alerts).items
    assert read(alert_marks, [told, silent]) == {told: AlertMark(alert.id, acknowledged=False)}
    write(acknowledge, alert.id, "reader@hospital.example")
    assert read(alert_marks, [told, silent]) == {told: AlertMark(alert.id, acknowledged=True)}


def test_a_scan_that_only_a_digest_tells_of_is_marked_so(
    write: Call, read: Call, add: Call, new_batch: Call, settle: Call, policy: Call
) -> None:
    batch_id = new_batch()
    urgent, other = add(2, batch_id)
    settle([urgent], policy(), 0.9)
    settle([other], policy(), 0.5)
    write(close_batch, batch_id)
    write(raise_digests, policy())
    marks = read(alert_marks, [urgent, other])
    assert (marks[urgent].is_digest, marks[other].is_digest) == (False, True)


def test_the_migration_reads_findings_from_earlier_results(
    database: Database, read: Call, ended: tuple[int, list[int]]
):
    query = text("SELECT findings, in_doubt FROM scans ORDER BY id")
    with database.read() as session:
        before = [tuple(row) for row in session.execute(query)]
    with database.write() as session:
        command.downgrade(config(session.connection()), "0002")
        command.upgrade(config(session.connection()), "head")
    with database.read() as session:
        assert [tuple(row) for row in session.execute(query)] == before
    without = (None, None)  # a failure and a scan that waits
    assert before == [(1, False), (1, True), (0, False), without, (0, False), without]
