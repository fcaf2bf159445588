"""One digest a rule, in whatever way a batch comes to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shared.alerting.rules import SILENT, Policy
from shared.database import Database
from shared.states import AlertKind
from shared.store.alerts import acknowledge, alert_details, list_alerts
from shared.store.batches import cancel_batch, close_batch, close_quiet_batches, retry_batch
from shared.store.claims import claim, fail, finish
from shared.store.deliveries import claim_delivery, give_up
from shared.store.digests import raise_digests
from shared.store.results import StoredResult
from shared.store.sweep import recover_expired
from shared.tables import AlertRow

Call = Callable[..., Any]
FOLDER = frozenset({"folder"})
LATER = timedelta(hours=3)


@pytest.fixture
def digests(database: Database, read: Call) -> Callable[[], list[tuple[str, list[int]]]]:
    """Subject and scans of all digests, oldest first."""

    def run() -> list[tuple[str, list[int]]]:
        query = select(AlertRow.id, AlertRow.subject).where(AlertRow.kind == AlertKind.DIGEST).order_by(AlertRow.id)
        with database.read() as session:
            found = [(row[0], row[1]) for row in session.execute(query)]
        return [(subject, read(alert_details, alert_id).scan_ids) for alert_id, subject in found]

    return run


def test_the_last_scan_of_a_closed_batch_brings_the_digest(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batch_id = new_batch()
    first, second = add(2, batch_id)
    write(close_batch, batch_id)
    assert settle([first], policy(), 0.4)[0].channels == frozenset()
    assert digests() == []
    assert settle([second], policy(), 0.6)[0].channels == FOLDER
    assert digests() == [(f"digest:{batch_id}:all:1", [second, first])]


def test_the_last_scan_may_itself_be_healthy(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call, result_of: Call
) -> None:
    batch_id = new_batch()
    ill, healthy = add(2, batch_id)
    write(close_batch, batch_id)
    settle([ill], policy(), 0.5)
    [claimed] = write(claim, [healthy], "w", 30)
    assert write(finish, claimed, result_of(claimed, 0.9), policy()).channels == FOLDER
    assert digests() == [(f"digest:{batch_id}:all:1", [ill])]


def test_an_open_batch_has_no_digest(add: Call, settle: Call, policy: Call, write: Call, digests: Call) -> None:
    settle(add(1), policy(), 0.5)
    assert write(raise_digests, policy()) == frozenset()
    assert digests() == []


def test_a_batch_that_is_closed_afterwards_gets_its_digest_from_the_sweep(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batch_id = new_batch()
    settle(add(1, batch_id), policy(), 0.5)
    write(close_batch, batch_id)
    assert write(raise_digests, policy()) == FOLDER
    assert write(raise_digests, policy()) == frozenset()
    assert len(digests()) == 1


def end_by_cancelling(write: Call, batch_id: int, scan_id: int) -> None:
    write(cancel_batch, batch_id)


def end_by_failing(write: Call, batch_id: int, scan_id: int) -> None:
    [claimed] = write(claim, [scan_id], "w", 30)
    write(close_batch, batch_id)
    write(fail, claimed, "ours")


def end_by_rejecting(write: Call, batch_id: int, scan_id: int) -> None:
    [claimed] = write(claim, [scan_id], "w", 30)
    write(finish, claimed, StoredResult(claimed.sha256, "r", '{"status": "rejected"}', {}))
    write(close_quiet_batches, 3600, datetime.now(UTC) + LATER)


def end_by_dying(write: Call, batch_id: int, scan_id: int) -> None:
    write(claim, [scan_id], "w", 30)
    write(close_batch, batch_id)
    write(recover_expired, datetime.now(UTC) + LATER, max_solo_attempts=0)


@pytest.mark.parametrize("end", [end_by_cancelling, end_by_failing, end_by_rejecting, end_by_dying])
def test_the_sweep_finds_a_batch_however_its_last_scan_ended(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call, end: Call
) -> None:
    batch_id = new_batch()
    ill, last = add(2, batch_id)
    settle([ill], policy(), 0.5)
    end(write, batch_id, last)
    assert write(raise_digests, policy()) == FOLDER
    assert digests() == [(f"digest:{batch_id}:all:1", [ill])]


def test_what_was_told_at_once_alone_makes_no_digest(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batch_id = new_batch()
    settle(add(2, batch_id), policy(), 0.9)
    write(close_batch, batch_id)
    assert write(raise_digests, policy()) == frozenset()
    assert digests() == []


@pytest.mark.parametrize(("channels", "news"), [(("slack",), False), (("slack", "email"), True)])
def test_what_was_told_at_once_but_reached_nobody_is_news(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call, channels: Any, news: bool
) -> None:
    batch_id = new_batch()
    ids = add(1, batch_id)
    rules = policy(send=["slack:ward", "email:reader@hospital.example"])
    settle(ids, rules, 0.9)
    for channel in channels:
        write(give_up, write(claim_delivery, channel, 60), "It is gone.")
    write(close_batch, batch_id)
    assert write(raise_digests, rules) == ({"slack", "email"} if news else frozenset())
    assert digests() == ([(f"digest:{batch_id}:all:1", ids)] if news else [])


def test_what_reached_nobody_but_was_acknowledged_is_no_news(
    write: Call, read: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batch_id = new_batch()
    settle(add(1, batch_id), policy(), 0.9)
    write(give_up, write(claim_delivery, "folder", 60), "The disk is full.")
    write(acknowledge, read(list_alerts).items[0].id, "reader")
    write(close_batch, batch_id)
    assert write(raise_digests, policy()) == frozenset()
    assert digests() == []


def test_a_digest_leaves_out_what_was_told_at_once(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batch_id = new_batch()
    ids = add(3, batch_id)
    settle(ids, policy(at_once_limit=2), 0.9)
    write(close_batch, batch_id)
    write(raise_digests, policy())
    assert digests() == [(f"digest:{batch_id}:all:1", ids[2:])]


def test_urgent_scans_beyond_the_limit_are_told_together_before_the_batch_is_finished(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batch_id = new_batch()
    ids = add(35, batch_id)
    limited = policy(at_once_limit=2)
    settle(ids[:11], limited)
    assert digests() == []
    assert settle(ids[11:12], limited)[0].channels == FOLDER
    assert digests() == [(f"digest:{batch_id}:all:1", ids[2:12])]
    settle(ids[12:34], limited)  # the second time twice as many
    assert [scans for _, scans in digests()] == [ids[2:12], ids[12:32]]
    settle(ids[34:], limited, 0.5)
    write(close_batch, batch_id)
    write(raise_digests, limited)
    assert [scans for _, scans in digests()] == [ids[2:12], ids[12:32], ids[32:]]


def test_only_a_digest_of_urgent_scans_escalates(
    write: Call, read: Call, add: Call, new_batch: Call, settle: Call, policy: Call
) -> None:
    rule = policy(at_once_limit=1, escalate=[{"after_minutes": 15, "send": ["folder"]}])
    for urgency, escalates in ((0.9, True), (0.5, False)):
        batch_id = new_batch()
        settle(add(2, batch_id), rule, urgency)
        write(close_batch, batch_id)
        write(raise_digests, rule)
        digest = next(alert for alert in read(list_alerts).items if alert.kind is AlertKind.DIGEST)
        assert digest.batch_id == batch_id
        assert (digest.escalate_at is not None) is escalates


def test_each_rule_has_a_digest_of_its_own(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batch_id = new_batch()
    two = policy("a", "b")
    settle(add(1, batch_id), two, 0.5)
    write(close_batch, batch_id)
    write(raise_digests, two)
    assert [subject for subject, _ in digests()] == [f"digest:{batch_id}:a:1", f"digest:{batch_id}:b:1"]


def test_a_batch_that_is_retried_gets_another_digest_of_what_is_new(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batch_id = new_batch()
    first, second = add(2, batch_id)
    settle([first], policy(), 0.5)
    write(cancel_batch, batch_id)
    write(raise_digests, policy())
    write(retry_batch, batch_id)
    assert write(raise_digests, policy()) == frozenset()
    assert settle([second], policy(), 0.5)[0].channels == FOLDER
    assert digests() == [(f"digest:{batch_id}:all:1", [first]), (f"digest:{batch_id}:all:2", [second])]


def test_a_batch_that_is_retried_without_news_gets_none(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call, result_of: Call
) -> None:
    batch_id = new_batch()
    first, second = add(2, batch_id)
    settle([first], policy(), 0.5)
    write(cancel_batch, batch_id)
    write(raise_digests, policy())
    write(retry_batch, batch_id)
    [claimed] = write(claim, [second], "w", 30)
    write(finish, claimed, result_of(claimed), policy())
    assert len(digests()) == 1


def test_a_rule_that_is_no_longer_in_the_file_tells_everyone_there_is(
    write: Call, read: Call, add: Call, new_batch: Call, settle: Call, policy: Call
) -> None:
    batch_id = new_batch()
    settle(add(1, batch_id), policy("old"), 0.5)
    write(close_batch, batch_id)
    present = Policy((*policy("a", send=["slack:ward"]).rules, *policy("b", send=["slack:ward", "folder"]).rules))
    assert write(raise_digests, present) == {"slack", "folder"}
    [alert] = read(list_alerts).items
    assert (alert.rules, len(read(alert_details, alert.id).deliveries)) == (["old"], 2)


def test_without_rules_nothing_is_marked_as_told(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call
) -> None:
    batch_id = new_batch()
    settle(add(1, batch_id), policy(), 0.5)
    write(close_batch, batch_id)
    assert write(raise_digests, SILENT) == frozenset()
    assert write(raise_digests, policy()) == FOLDER


def test_digests_do_not_escalate(
    write: Call, read: Call, add: Call, new_batch: Call, settle: Call, policy: Call
) -> None:
    batch_id = new_batch()
    steps = policy(escalate=[{"after_minutes": 1, "send": ["slack:boss"]}])
    settle(add(1, batch_id), steps, 0.5)
    write(close_batch, batch_id)
    write(raise_digests, steps)
    assert read(list_alerts).items[0].escalate_at is None


def test_only_the_batches_asked_for_are_looked_at(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, digests: Call
) -> None:
    batches = [new_batch(), new_batch()]
    for batch_id in batches:
        settle(add(1, batch_id), policy(), 0.5)
        write(close_batch, batch_id)
    write(raise_digests, policy(), batches[1:])
    assert [subject for subject, _ in digests()] == [f"digest:{batches[1]}:all:1"]
