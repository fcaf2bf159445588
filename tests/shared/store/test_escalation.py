"""An alert that nobody acknowledges climbs its ladder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.schemas import AlertDetails
from shared.states import AlertEventKind, DeliveryState
from shared.store.alerts import acknowledge, alert_details, list_alerts
from shared.store.deliveries import claim_delivery, delivered, give_up, hand_over, postpone, recover_deliveries
from shared.store.escalation import escalate_due

Call = Callable[..., Any]

LADDER = (
    {"after_minutes": 15, "send": ["slack:head", "folder"]},
    {"after_minutes": 30, "send": ["slack:boss"]},
)


@pytest.fixture
def raised(add: Call, settle: Call, policy: Call, details: Call) -> Callable[..., datetime]:
    """Raise an alert to the ward with a ladder; gives when."""

    def make(*steps: dict[str, object], send: tuple[str, ...] = ("slack:ward",)) -> datetime:
        settle(add(1), policy(send=send, escalate=steps or LADDER))
        return details().alert.created_at

    return make


@pytest.fixture
def details(read: Call) -> Callable[[], AlertDetails]:
    """The newest alert, whole."""
    return lambda: read(alert_details, read(list_alerts).items[0].id)


@pytest.fixture
def told(details: Call) -> Callable[[], list[tuple[str, int]]]:
    """Recipients and the step that asked for each, in order."""
    return lambda: [(one.recipient, one.rung) for one in details().deliveries]


@pytest.fixture
def fail_all(write: Call) -> Callable[..., None]:
    """Give up what is pending on Slack."""

    def run(now: datetime) -> None:
        while (claim := write(claim_delivery, "slack", 60, now)) is not None:
            write(give_up, claim, "404 no such webhook")

    return run


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number, seconds=1)


def test_the_steps_are_taken_at_their_times(raised: Call, write: Call, details: Call, told: Call) -> None:
    start = raised()
    assert write(escalate_due, start + minutes(14)) == frozenset()
    assert write(escalate_due, start + minutes(15)) == {"slack", "folder"}
    assert write(escalate_due, start + minutes(16)) == frozenset()
    assert (details().alert.rung, details().alert.escalate_at) == (1, start + minutes(30))
    assert write(escalate_due, start + minutes(30)) == {"slack"}
    assert told() == [("ward", 0), ("head", 1), ("default", 1), ("boss", 2)]
    assert (details().alert.rung, details().alert.escalate_at) == (2, None)
    assert write(escalate_due, start + minutes(600)) == frozenset()


def test_each_step_is_recorded(raised: Call, write: Call, details: Call) -> None:
    start = raised()
    write(escalate_due, start + minutes(15))
    events = [event for event in details().events if event.kind is AlertEventKind.ESCALATED]
    assert [(event.detail, event.delivery_id) for event in events] == [("Step 1: folder, slack:head", None)]
    assert [event.detail for event in details().events if event.kind is AlertEventKind.QUEUED] == [
        "slack:ward",
        "slack:head",
        "folder",
    ]


def test_an_acknowledged_alert_goes_no_further(raised: Call, write: Call, details: Call, told: Call) -> None:
    start = raised()
    write(acknowledge, details().alert.id, "reader")
    assert write(escalate_due, start + minutes(600)) == frozenset()
    assert told() == [("ward", 0)]


def test_acknowledging_stops_what_escalation_has_not_sent_yet(raised: Call, write: Call, details: Call) -> None:
    start = raised()
    write(escalate_due, start + minutes(15))
    write(delivered, write(claim_delivery, "folder", 60, start + minutes(15)))
    write(acknowledge, details().alert.id, "reader")
    ward, head, folder = details().deliveries
    assert (ward.state, folder.state) == (DeliveryState.PENDING, DeliveryState.SENT)
    assert (head.state, head.reason) == (DeliveryState.CANCELLED, "The alert was acknowledged before this was sent.")
    last = details().events[-1]
    assert (last.kind, last.delivery_id) == (AlertEventKind.CANCELLED, head.id)
    assert write(claim_delivery, "slack", 60, start + minutes(15)).id == ward.id
    assert write(claim_delivery, "slack", 60, start + minutes(15)) is None


@pytest.mark.parametrize("lost", [True, False])
def test_a_try_of_a_later_step_that_fails_after_the_acknowledgement_is_not_made_again(
    raised: Call, write: Call, details: Call, lost: bool
) -> None:
    start = raised(LADDER[0], send=("email:a@b.example",))
    write(escalate_due, start + minutes(15))
    claim = write(claim_delivery, "slack", 60, start + minutes(15))
    write(hand_over, claim, 60)
    write(acknowledge, details().alert.id, "reader")
    if lost:
        assert write(recover_deliveries, start + minutes(20)) == [claim.id]
    else:
        assert write(postpone, claim, "busy", 0)
    states = {one.recipient: one.state for one in details().deliveries}
    assert states["head"] is DeliveryState.CANCELLED
    assert states["a@b.example"] is DeliveryState.PENDING


def test_a_step_whose_people_cannot_be_reached_makes_the_next_due_at_once(
    raised: Call, write: Call, told: Call, fail_all: Call, details: Call
) -> None:
    start = raised(send=("slack:ward", "slack:office"))
    soon = start + timedelta(seconds=5)
    write(give_up, write(claim_delivery, "slack", 60, soon), "404")
    assert write(escalate_due, soon) == frozenset()
    write(give_up, write(claim_delivery, "slack", 60, soon), "404")
    assert write(escalate_due, soon) == {"slack", "folder"}
    assert details().alert.escalate_at == start + timedelta(minutes=30)
    fail_all(soon)
    assert write(escalate_due, soon) == frozenset()
    write(give_up, write(claim_delivery, "folder", 60, soon), "The disk is full.")
    assert write(escalate_due, soon) == {"slack"}
    assert told()[-1] == ("boss", 2)


def test_a_step_with_one_person_reached_waits_for_the_next_one_s_time(
    raised: Call, write: Call, fail_all: Call
) -> None:
    start = raised(send=("slack:ward", "folder"))
    write(delivered, write(claim_delivery, "folder", 60))
    fail_all(start + timedelta(seconds=5))
    assert write(escalate_due, start + minutes(14)) == frozenset()


def test_an_alert_that_is_acknowledged_while_nobody_can_be_reached_stays_so(
    raised: Call, write: Call, fail_all: Call, details: Call
) -> None:
    start = raised()
    write(acknowledge, details().alert.id, "reader")
    fail_all(start + timedelta(seconds=5))
    assert write(escalate_due, start + minutes(600)) == frozenset()


def test_a_step_whose_people_were_all_told_before_is_passed_over(
    raised: Call, write: Call, told: Call, details: Call
) -> None:
    again = {"after_minutes": 15, "send": ["slack:ward"]}
    start = raised(again, LADDER[1])
    assert write(escalate_due, start + minutes(15)) == frozenset()
    assert (details().alert.rung, details().alert.escalate_at) == (1, start + minutes(30))
    assert write(escalate_due, start + minutes(30)) == {"slack"}
    assert told() == [("ward", 0), ("boss", 2)]


def test_a_step_of_people_who_could_not_be_reached_before_goes_on_to_the_next_at_once(
    raised: Call, write: Call, told: Call, fail_all: Call
) -> None:
    again = {"after_minutes": 15, "send": ["slack:ward"]}
    start = raised(again, LADDER[1])
    soon = start + timedelta(seconds=5)
    fail_all(soon)
    assert write(escalate_due, soon) == {"slack"}
    assert told() == [("ward", 0), ("boss", 2)]


def test_who_was_told_in_part_leaves_the_others_of_a_step(raised: Call, write: Call, told: Call) -> None:
    start = raised({"after_minutes": 15, "send": ["slack:ward", "slack:head"]})
    assert write(escalate_due, start + minutes(15)) == {"slack"}
    assert told() == [("ward", 0), ("head", 1)]


def test_after_an_outage_each_step_has_its_time_to_answer(raised: Call, write: Call, told: Call, details: Call) -> None:
    start = raised()
    late = start + minutes(120)
    assert write(escalate_due, late) == {"slack", "folder"}
    assert write(escalate_due, late + minutes(14)) == frozenset()
    assert details().alert.escalate_at == late + timedelta(minutes=15)
    assert write(escalate_due, late + minutes(15)) == {"slack"}
    assert told() == [("ward", 0), ("head", 1), ("default", 1), ("boss", 2)]
