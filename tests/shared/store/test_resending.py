"""What failed for good is sent again when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import NotFoundError
from shared.schemas import AlertDetails, DeliveryView
from shared.states import AlertEventKind, DeliveryState
from shared.store.alerts import acknowledge, alert_details, list_alerts
from shared.store.deliveries import claim_delivery, delivered, give_up, hand_over, recover_deliveries
from shared.store.resending import resend

Call = Callable[..., Any]
LEASE = 60


@pytest.fixture
def alert_id(add: Call, settle: Call, policy: Call, read: Call) -> int:
    """An alert to the ward and the folder."""
    settle(add(1), policy(send=["slack:ward", "folder"]))
    number: int = read(list_alerts).items[0].id
    return number


@pytest.fixture
def details(read: Call, alert_id: int) -> Callable[[], AlertDetails]:
    """The alert, whole."""
    return lambda: read(alert_details, alert_id)


@pytest.fixture
def ward(details: Call) -> Callable[[], DeliveryView]:
    """The ward's delivery."""
    return lambda: details().deliveries[0]


def test_what_failed_is_sent_again_and_nothing_else(alert_id: int, write: Call, details: Call, ward: Call) -> None:
    write(delivered, write(claim_delivery, "folder", LEASE))
    write(give_up, write(claim_delivery, "slack", LEASE), "404 no_service")
    assert write(resend, alert_id) == {"slack"}
    assert (ward().state, ward().attempt, ward().repeat, ward().reason) == (DeliveryState.PENDING, 0, False, None)
    assert details().deliveries[1].state is DeliveryState.SENT
    last = details().events[-1]
    assert (last.kind, last.detail, last.delivery_id) == (AlertEventKind.QUEUED, "slack:ward, again", ward().id)
    assert write(resend, alert_id) == frozenset()
    again = write(claim_delivery, "slack", LEASE)
    assert again.attempt == 1
    assert write(delivered, again)


def test_the_time_to_give_up_begins_anew(alert_id: int, write: Call) -> None:
    first = write(claim_delivery, "slack", LEASE)
    write(give_up, first, "Given up after 24 hours.")
    later = datetime.now(UTC) + timedelta(hours=30)
    write(resend, alert_id, later)
    assert write(claim_delivery, "slack", LEASE, later).queued_at == later


@pytest.mark.parametrize("unsure", [True, False])
def test_what_may_have_arrived_is_sent_again_as_a_repeat(alert_id: int, write: Call, ward: Call, unsure: bool) -> None:
    claim = write(claim_delivery, "slack", LEASE)
    write(hand_over, claim, LEASE)
    write(give_up, claim, "No answer.", unsure=unsure)
    write(resend, alert_id)
    assert ward().repeat is unsure


def test_a_sender_from_before_has_no_say_over_what_is_sent_again(alert_id: int, write: Call, ward: Call) -> None:
    stale = write(claim_delivery, "slack", LEASE)
    late = datetime.now(UTC) + timedelta(seconds=LEASE + 1)
    write(recover_deliveries, late)
    write(give_up, write(claim_delivery, "slack", LEASE, late), "404 no_service")
    write(resend, alert_id)
    again = write(claim_delivery, "slack", LEASE)
    assert again.attempt == stale.attempt
    assert not write(hand_over, stale, LEASE)
    assert not write(delivered, stale)
    assert ward().state is DeliveryState.SENDING


def test_of_an_acknowledged_alert_nothing_is_sent_again(alert_id: int, write: Call, ward: Call) -> None:
    write(give_up, write(claim_delivery, "slack", LEASE), "404 no_service")
    write(acknowledge, alert_id, "reader")
    assert write(resend, alert_id) == frozenset()
    assert ward().state is DeliveryState.FAILED


def test_an_alert_that_is_not_there_cannot_be_sent_again(write: Call) -> None:
    with pytest.raises(NotFoundError):
        write(resend, 7)
