"""Deliveries on their way: claimed once, fenced, and repeated only where they may have arrived."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from shared.database import Database
from shared.schemas import AlertEventView, DeliveryView
from shared.states import AlertEventKind, DeliveryState
from shared.store.alerts import acknowledge, alert_details, get_delivery, list_alerts
from shared.store.deliveries import (
    DeliveryClaim,
    claim_delivery,
    delivered,
    due_channels,
    give_up,
    hand_over,
    postpone,
    recover_deliveries,
)
from shared.store.escalation import escalate_due

Call = Callable[..., Any]
LEASE = 60


@pytest.fixture
def raised(add: Call, settle: Call, policy: Call) -> Callable[..., None]:
    """Raise so many alerts to these targets."""

    def make(*send: str, alerts: int = 1, **changes: object) -> None:
        settle(add(alerts), policy(send=send or ["folder"], at_once_limit=1000, **changes))

    return make


@pytest.fixture
def take(write: Call) -> Callable[..., DeliveryClaim]:
    """Claim what is due on a channel, by default the folder's."""
    return lambda channel="folder", now=None: write(claim_delivery, channel, LEASE, now)


@pytest.fixture
def seen(read: Call) -> Callable[..., DeliveryView]:
    """The delivery of a claim as it is now."""
    return lambda claim: read(get_delivery, claim.id)


@pytest.fixture
def events(read: Call) -> Callable[..., list[AlertEventView]]:
    """The record of a claim's alert."""
    return lambda claim: read(alert_details, claim.alert_id).events


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_a_delivery_is_claimed_handed_over_and_sent(raised: Call, take: Call, write: Call, seen: Call) -> None:
    raised()
    claim = take()
    assert (claim.attempt, claim.recipient) == (1, "default")
    assert (seen(claim).state, seen(claim).repeat) == (DeliveryState.SENDING, False)
    key = seen(claim).key
    assert take() is None
    assert write(hand_over, claim, LEASE)
    assert write(delivered, claim, "250 OK")
    sent = seen(claim)
    assert (sent.state, sent.key) == (DeliveryState.SENT, key)
    assert sent.sent_at >= sent.created_at
    assert take() is None


def test_what_happened_is_recorded(raised: Call, take: Call, write: Call, events: Call) -> None:
    raised()
    write(postpone, take(), "The server\r\nis \x00 busy.", -1)
    claim = take()
    write(delivered, claim, "250 OK")
    assert [(event.kind, event.detail, event.delivery_id) for event in events(claim)] == [
        (AlertEventKind.QUEUED, "folder", claim.id),
        (AlertEventKind.POSTPONED, "The server is busy.", claim.id),
        (AlertEventKind.SENT, "250 OK", claim.id),
    ]


def test_the_longest_due_of_a_channel_comes_first(raised: Call, take: Call, write: Call) -> None:
    raised("folder", "slack:a", alerts=3)
    first = take()
    write(postpone, first, "busy", -0.001)
    second, third, again = take(), take(), take()
    assert second.alert_id < third.alert_id
    assert (again.id, again.attempt) == (first.id, 2)
    assert take("slack").channel == "slack"
    assert take("email") is None


def test_a_postponed_delivery_waits_until_it_is_due(raised: Call, take: Call, write: Call, read: Call) -> None:
    raised()
    assert write(postpone, take(), "busy", 30)
    assert take() is None
    assert read(due_channels) == frozenset()
    assert read(due_channels, soon(31)) == {"folder"}
    assert take(now=soon(31)).attempt == 2


def test_only_channels_with_something_due_are_named(raised: Call, take: Call, read: Call) -> None:
    assert read(due_channels) == frozenset()
    raised("folder", "slack:a")
    assert read(due_channels) == {"folder", "slack"}
    take()
    assert read(due_channels) == {"slack"}


WRITES: list[Call] = [
    lambda write, claim: write(hand_over, claim, LEASE),
    lambda write, claim: write(delivered, claim),
    lambda write, claim: write(postpone, claim, "late", 0, unsure=True, whole_recipient=True),
    lambda write, claim: write(give_up, claim, "late"),
]


@pytest.mark.parametrize("late", WRITES)
def test_a_claim_whose_lease_ran_out_writes_nothing(
    raised: Call, take: Call, write: Call, seen: Call, events: Call, late: Call
) -> None:
    raised()
    stale = take()
    write(recover_deliveries, soon(LEASE + 1))
    before = (seen(stale), events(stale))
    assert not late(write, stale)
    assert (seen(stale), events(stale)) == before
    current = take(now=soon(LEASE + 2))
    before = (seen(stale), events(stale))
    assert not late(write, stale)
    assert (seen(stale), events(stale)) == before
    assert write(hand_over, current, LEASE)
    assert write(delivered, current)


def test_a_sender_that_died_before_the_hand_over_sent_nothing(
    raised: Call, take: Call, write: Call, seen: Call
) -> None:
    raised()
    claim = take()
    key = seen(claim).key
    assert write(recover_deliveries, soon(LEASE - 5)) == []
    assert write(recover_deliveries, soon(LEASE + 1)) == [claim.id]
    again = take(now=soon(LEASE + 2))
    assert (again.attempt, seen(again).repeat, seen(again).key) == (2, False, key)


def test_a_sender_that_died_after_the_hand_over_may_have_sent(
    raised: Call, take: Call, write: Call, seen: Call
) -> None:
    raised()
    claim = take()
    key = seen(claim).key
    write(hand_over, claim, LEASE)
    write(recover_deliveries, soon(LEASE + 1))
    again = take(now=soon(LEASE + 2))
    assert (seen(again).repeat, seen(again).key) == (True, key)
    write(postpone, again, "The server is away.", 0)
    assert seen(take(now=soon(1))).repeat


@pytest.mark.parametrize(
    ("handed", "unsure", "repeat"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_try_is_a_repeat_only_where_an_answer_was_lost(
    raised: Call, take: Call, write: Call, seen: Call, handed: bool, unsure: bool, repeat: bool
) -> None:
    raised()
    claim = take()
    if handed:
        write(hand_over, claim, LEASE)
    write(postpone, claim, "No answer.", 0, unsure=unsure)
    again = take(now=soon(1))
    assert seen(again).repeat is repeat
    write(recover_deliveries, soon(LEASE + 2))
    assert seen(take(now=soon(LEASE + 3))).repeat is repeat


def test_a_busy_recipient_holds_up_all_that_is_pending_for_it(
    raised: Call, take: Call, write: Call, read: Call
) -> None:
    raised("slack:ward", "slack:boss", alerts=3)
    ward = take("slack")
    assert ward.recipient == "ward"
    write(postpone, ward, "Too many requests.", 30, whole_recipient=True)
    free = [take("slack") for _ in range(4)]
    assert [claim and claim.recipient for claim in free] == ["boss", "boss", "boss", None]
    assert take("slack", soon(31)).recipient == "ward"


def test_a_message_that_fails_each_time_starves_no_other_of_its_recipient(
    raised: Call, take: Call, write: Call
) -> None:
    raised("slack:ward", alerts=4)
    poison = take("slack")
    write(postpone, poison, "Slack answered 500.", 30, whole_recipient=True)
    order = [take("slack", soon(31)).id for _ in range(4)]
    assert order == [poison.id + 1, poison.id + 2, poison.id + 3, poison.id]


def test_holding_up_a_recipient_takes_a_few_statements_of_a_few_parameters_however_much_waits(
    raised: Call, take: Call, write: Call
) -> None:
    raised("slack:ward", alerts=40)
    sizes: list[int] = []

    def note(_connection: object, _cursor: object, sql: str, parameters: Any, *_: object) -> None:
        if "deliveries" in sql:
            sizes.append(len(parameters))

    claim = take("slack")
    event.listen(Engine, "before_cursor_execute", note)
    try:
        write(postpone, claim, "Too many requests.", 30, whole_recipient=True)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(sizes) <= 4
    assert max(sizes) < 20, sizes
    assert take("slack", soon(29)) is None


def test_the_lease_begins_anew_with_the_hand_over(raised: Call, take: Call, write: Call) -> None:
    raised()
    claim = take()
    assert write(hand_over, claim, 2 * LEASE)
    assert write(recover_deliveries, soon(LEASE + 1)) == []
    assert write(recover_deliveries, soon(2 * LEASE + 1)) == [claim.id]


def test_a_wait_is_counted_by_the_database_s_clock(
    raised: Call, take: Call, write: Call, seen: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the sender's host were five minutes behind the database's."""
    raised()
    claim = take()
    ahead = soon(300)
    monkeypatch.setattr("shared.store.deliveries.utc_now", lambda _session: ahead)
    write(postpone, claim, "busy", 30)
    assert seen(claim).due_at == ahead + timedelta(seconds=30)


def test_a_failure_for_good_is_kept_with_its_reason(
    raised: Call, take: Call, write: Call, seen: Call, events: Call
) -> None:
    raised()
    claim = take()
    assert write(give_up, claim, "550 No such user." + "x" * 600)
    failed = seen(claim)
    assert failed.state is DeliveryState.FAILED
    assert failed.reason is not None
    assert (failed.reason[:17], len(failed.reason)) == ("550 No such user.", 500)
    assert events(claim)[-1].kind is AlertEventKind.FAILED
    assert take() is None


def test_many_senders_never_claim_the_same_delivery(database_url: str, raised: Call) -> None:
    raised("slack:a", "slack:b", "slack:c", alerts=20)
    claimed: list[int] = []

    def send() -> None:
        database = Database(database_url)
        while True:
            with database.write() as session:
                claim = claim_delivery(session, "slack", LEASE)
            if claim is None:
                break
            claimed.append(claim.id)
        database.dispose()

    together(*[send] * 4)
    assert len(claimed) == 60
    assert set(Counter(claimed).values()) == {1}


def test_senders_readers_and_the_sweep_do_not_wait_for_each_other_in_a_ring(
    database_url: str, raised: Call, read: Call
) -> None:
    raised("slack:a", "slack:b", alerts=15, escalate=[{"after_minutes": 1, "send": ["slack:c"]}])
    alert_ids = [alert.id for alert in read(list_alerts).items]

    def send() -> None:
        database = Database(database_url)
        for number in range(40):
            with database.write() as session:
                claim = claim_delivery(session, "slack", LEASE, soon(120))
            if claim is None:
                continue
            with database.write() as session:
                if number % 3 == 0:
                    postpone(session, claim, "busy", 60, unsure=True, whole_recipient=True)
                elif number % 3 == 1:
                    give_up(session, claim, "gone")
                else:
                    delivered(session, claim)
        database.dispose()

    def others() -> None:
        database = Database(database_url)
        for alert_id in alert_ids:
            with database.write() as session:
                escalate_due(session, soon(600))
            with database.write() as session:
                recover_deliveries(session, soon(600))
            with database.write() as session:
                acknowledge(session, alert_id, "reader")
        database.dispose()

    together(send, send, send, others)
    deliveries = [one for alert_id in alert_ids for one in read(alert_details, alert_id).deliveries]
    assert not [one for one in deliveries if one.rung and one.state is DeliveryState.PENDING]


def together(*jobs: Callable[[], None]) -> None:
    """Run the jobs at the same time; raises the first error of any."""
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
