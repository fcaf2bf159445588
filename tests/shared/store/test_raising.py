"""What a result causes in the same transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.alerting.rules import Policy
from shared.database import Database
from shared.schemas import AlertView
from shared.states import AlertEventKind, AlertKind, DeliveryState
from shared.store.adding import NewScan, add_scans
from shared.store.alerts import acknowledge, alert_details, alerts_of_scan, list_alerts
from shared.store.claims import Claim, claim, finish
from shared.store.deliveries import claim_delivery, delivered, give_up
from shared.store.scans import cancel_scan
from shared.tables import AlertMatchRow, BatchRow

Call = Callable[..., Any]


@pytest.fixture
def alerts(read: Call) -> Callable[[], list[AlertView]]:
    """All alerts, oldest first."""
    return lambda: read(list_alerts, False, None, 1000).items[::-1]


@pytest.fixture
def noted(database: Database) -> Callable[[], list[tuple[int, str, bool]]]:
    """Scan, rule and `at_once` of all that rules wanted told."""

    def run() -> list[tuple[int, str, bool]]:
        query = select(AlertMatchRow.scan_id, AlertMatchRow.rule, AlertMatchRow.at_once)
        with database.read() as session:
            return [tuple(row) for row in session.execute(query.order_by(AlertMatchRow.scan_id, AlertMatchRow.rule))]

    return run


def test_an_urgent_tumour_raises_an_alert_with_its_deliveries_and_their_record(
    add: Call, settle: Call, policy: Call, alerts: Call, read: Call
) -> None:
    [scan_id] = add(1)
    [settled] = settle([scan_id], policy(send=["folder", "slack:ward", "slack:boss"]))
    assert (settled.ours, settled.channels) == (True, {"folder", "slack"})
    [alert] = alerts()
    assert (alert.kind, alert.rules, alert.scan_id, alert.rung) == (AlertKind.AT_ONCE, ["all"], scan_id, 0)
    assert (alert.escalate_at, alert.acknowledged_at, alert.last_at_once) == (None, None, False)
    details = read(alert_details, alert.id)
    assert [(one.channel, one.recipient) for one in details.deliveries] == [
        ("folder", "default"),
        ("slack", "ward"),
        ("slack", "boss"),
    ]
    assert {(one.state, one.attempt, one.repeat, one.rung) for one in details.deliveries} == {
        (DeliveryState.PENDING, 0, False, 0)
    }
    assert len({one.key for one in details.deliveries}) == 3
    assert [(event.kind, event.detail) for event in details.events] == [
        (AlertEventKind.QUEUED, "folder"),
        (AlertEventKind.QUEUED, "slack:ward"),
        (AlertEventKind.QUEUED, "slack:boss"),
    ]
    assert details.scan_ids == [scan_id]


def test_a_tumour_of_little_urgency_is_noted_for_the_digest(
    add: Call, settle: Call, policy: Call, alerts: Call, noted: Call
) -> None:
    [scan_id] = add(1)
    assert settle([scan_id], policy(), 0.5)[0].channels == frozenset()
    assert (alerts(), noted()) == ([], [(scan_id, "all", False)])


def test_what_no_rule_wants_leaves_no_trace(
    write: Call, add: Call, settle: Call, policy: Call, result_of: Call, alerts: Call, noted: Call
) -> None:
    first, second = add(2)
    settle([first], policy(labels=["pituitary"]))
    [claimed] = write(claim, [second], "w", 30)
    assert write(finish, claimed, result_of(claimed, 0.9), policy()).ours
    assert (alerts(), noted()) == ([], [])


def test_the_targets_and_steps_of_all_matching_rules_become_one_alert(
    add: Call, settle: Call, policy: Call, alerts: Call, read: Call
) -> None:
    steps = [{"after_minutes": 15, "send": ["slack:boss"]}]
    two = policy("a", "b", send=["folder", "slack:ward"], escalate=steps)
    settle(add(1), Policy((*two.rules, *policy("digest", at_once_urgency="never").rules)))
    [alert] = alerts()
    assert alert.rules == ["a", "b"]
    assert (alert.escalate_at - alert.created_at).total_seconds() == 15 * 60
    assert len(read(alert_details, alert.id).deliveries) == 2


def test_a_scan_that_is_no_longer_ours_raises_nothing(
    write: Call, add: Call, positive: Call, policy: Call, alerts: Call, noted: Call
) -> None:
    [claimed] = write(claim, add(1), "w", 30)
    write(cancel_scan, claimed.scan_id)
    settled = write(finish, claimed, positive(claimed), policy())
    assert (settled.ours, settled.channels, alerts(), noted()) == (False, frozenset(), [], [])


def test_a_write_back_that_fails_takes_its_alert_with_it(
    write: Call, add: Call, positive: Call, policy: Call, alerts: Call
) -> None:
    [claimed] = write(claim, add(1), "w", 30)

    def interrupted(session: Session) -> None:
        assert finish(session, claimed, positive(claimed), policy()).channels
        raise OSError("power")

    with pytest.raises(OSError, match="power"):
        write(interrupted)
    assert alerts() == []


@pytest.fixture
def copies(write: Call, new_batch: Call) -> Callable[[int], list[int]]:
    """Scans of the same bytes, each in a batch of its own; gives their ids."""

    def make(how_many: int) -> list[int]:
        same = NewScan("a.png", "a" * 64, 1)
        return [write(add_scans, new_batch(), [same])[0].scan_id for _ in range(how_many)]

    return make


def test_the_same_bytes_again_page_nobody_twice(
    copies: Call, settle: Call, policy: Call, alerts: Call, noted: Call, read: Call
) -> None:
    first, second = copies(2)
    settle([first], policy())
    assert settle([second], policy())[0].channels == frozenset()
    [alert] = alerts()
    assert alert.scan_id == first
    assert noted() == [(first, "all", True), (second, "all", True)]
    assert read(alerts_of_scan, second) == [alert]


def test_the_same_bytes_again_reach_whom_the_first_alert_did_not_go_to(
    copies: Call, settle: Call, policy: Call, alerts: Call, noted: Call, read: Call
) -> None:
    first, second = copies(2)
    settle([first], policy("a"))
    newcomer = policy("b", send=["folder", "email:reader@hospital.example"])
    assert settle([second], newcomer)[0].channels == {"email"}
    [alert] = alerts()
    assert alert.rules == ["a", "b"]
    details = read(alert_details, alert.id)
    assert [(one.channel, one.state, one.rung) for one in details.deliveries] == [
        ("folder", DeliveryState.PENDING, 0),
        ("email", DeliveryState.PENDING, 0),
    ]
    assert [event.detail for event in details.events] == ["folder", "email:reader@hospital.example"]
    assert noted() == [(first, "a", True), (second, "b", True)]


def test_the_same_bytes_again_reach_whom_the_first_alert_failed_to_reach(
    copies: Call, settle: Call, policy: Call, write: Call, alerts: Call, read: Call
) -> None:
    first, second, third = copies(3)
    settle([first], policy(send=["slack:ward", "slack:gone", "folder"]))
    for _ in range(2):
        write(give_up, write(claim_delivery, "slack", 60), "404 no_service")
    write(delivered, write(claim_delivery, "folder", 60))
    assert settle([second], policy(send=["slack:ward", "folder"]))[0].channels == {"slack"}
    ward, gone, folder = read(alert_details, alerts()[0].id).deliveries
    assert [one.state for one in (ward, gone, folder)] == [
        DeliveryState.PENDING,
        DeliveryState.FAILED,
        DeliveryState.SENT,
    ]
    assert (ward.attempt, ward.reason, ward.repeat) == (0, None, False)
    assert settle([third], policy(send=["slack:ward", "folder"]))[0].channels == frozenset()


def test_the_same_bytes_again_tell_nobody_where_somebody_has_acknowledged(
    copies: Call, settle: Call, policy: Call, write: Call, alerts: Call, read: Call, noted: Call
) -> None:
    first, second = copies(2)
    settle([first], policy("a", send=["slack:ward"]))
    write(give_up, write(claim_delivery, "slack", 60), "404 no_service")
    write(acknowledge, alerts()[0].id, "reader")
    everyone = policy("a", "b", send=["slack:ward", "folder"])
    assert settle([second], everyone)[0].channels == frozenset()
    assert [one.state for one in read(alert_details, alerts()[0].id).deliveries] == [DeliveryState.FAILED]
    assert noted() == [(first, "a", True), (second, "a", True), (second, "b", False)]


def test_the_same_result_finished_in_many_batches_at_once_raises_one_alert(
    database_url: str, copies: Call, write: Call, positive: Call, policy: Call, alerts: Call, noted: Call
) -> None:
    claims = [write(claim, [scan_id], "w", 30)[0] for scan_id in copies(4)]
    finish_together(database_url, claims, positive, policy())
    assert len(alerts()) == 1
    assert [at_once for _, _, at_once in noted()] == [True] * 4


def test_the_limit_of_alerts_at_once_holds_for_each_batch_and_rule(
    add: Call, settle: Call, policy: Call, alerts: Call, noted: Call
) -> None:
    strict, wide = policy("strict", at_once_limit=2).rules[0], policy("wide", at_once_limit=3).rules[0]
    both = Policy((strict, wide))
    ids = add(4)
    settle(ids, both)
    singles = [alert for alert in alerts() if alert.kind is AlertKind.AT_ONCE]
    assert [(alert.rules, alert.last_at_once) for alert in singles] == [
        (["strict", "wide"], False),
        (["strict", "wide"], True),
        (["wide"], True),
    ]
    assert [at_once for _, rule, at_once in noted() if rule == "strict"] == [True, True, False, False]
    settle(add(1), both)
    assert alerts()[-1].rules == ["strict", "wide"]


def test_copies_of_a_known_scan_do_not_use_up_the_limit(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, alerts: Call
) -> None:
    batch_id = new_batch()
    files = [NewScan(f"{number}.png", "a" * 64, 1) for number in range(3)]
    ids = [scan.scan_id for scan in write(add_scans, batch_id, files)]
    limited = policy(at_once_limit=2)
    settle(ids, limited)
    settle(add(1, batch_id), limited)
    assert len(alerts()) == 2


def test_the_limit_holds_when_scans_of_a_batch_finish_at_once(
    database_url: str, add: Call, write: Call, positive: Call, policy: Call, alerts: Call, noted: Call
) -> None:
    claims = write(claim, add(12), "w", 30)
    finish_together(database_url, claims, positive, policy(at_once_limit=5))
    assert sum(at_once for _, _, at_once in noted()) == 5
    singles = [alert for alert in alerts() if alert.kind is AlertKind.AT_ONCE]
    assert [alert.last_at_once for alert in singles] == [False] * 4 + [True]


def finish_together(database_url: str, claims: list[Claim], positive: Call, policy: Policy) -> None:
    """Finish the claims at the same time, each in a thread with a connection of its own."""
    start, errors = threading.Barrier(len(claims)), []

    def run(claimed: Claim) -> None:
        database = Database(database_url)
        try:
            start.wait()
            with database.write() as session:
                finish(session, claimed, positive(claimed), policy)
        except Exception as error:
            errors.append(error)
        finally:
            database.dispose()

    threads = [threading.Thread(target=run, args=(claimed,)) for claimed in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_a_deleted_batch_takes_its_alerts_with_it(
    database: Database, add: Call, settle: Call, policy: Call, alerts: Call, noted: Call, new_batch: Call
) -> None:
    doomed, kept = new_batch(), new_batch()
    settle(add(2, doomed), policy())
    settle(add(1, kept), policy())
    with database.write() as session:
        session.delete(session.get_one(BatchRow, doomed))
    assert [alert.batch_id for alert in alerts()] == [kept]
    assert len(noted()) == 1
