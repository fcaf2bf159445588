"""Alerts as people see and acknowledge them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import CursorError, NotFoundError
from shared.states import AlertEventKind, AlertKind
from shared.store.alerts import (
    MAX_SCANS,
    acknowledge,
    acknowledge_delivery,
    alert_details,
    alerts_of_scan,
    count_open,
    get_alert,
    get_delivery,
    list_alerts,
)
from shared.store.batches import close_batch
from shared.store.digests import raise_digests

Call = Callable[..., Any]


@pytest.fixture
def raised(add: Call, settle: Call, policy: Call, read: Call) -> Callable[[int], list[int]]:
    """Raise so many alerts at once; gives their ids, oldest first."""

    def make(how_many: int) -> list[int]:
        settle(add(how_many), policy())
        return [alert.id for alert in read(list_alerts, False, None, 1000).items[::-1]]

    return make


def test_alerts_are_listed_newest_first_page_by_page(raised: Call, read: Call) -> None:
    ids = raised(5)
    first = read(list_alerts, limit=2)
    second = read(list_alerts, after=first.next, limit=2)
    third = read(list_alerts, after=second.next, limit=2)
    assert [alert.id for page in (first, second, third) for alert in page.items] == ids[::-1]
    assert third.next is None
    with pytest.raises(CursorError):
        read(list_alerts, after="x")


def test_what_is_acknowledged_leaves_the_list_of_what_is_open(raised: Call, read: Call, write: Call) -> None:
    first, second, third = raised(3)
    write(acknowledge, second, "reader")
    assert [alert.id for alert in read(list_alerts, open_only=True).items] == [third, first]
    assert [alert.id for alert in read(list_alerts, True, str(third)).items] == [first]
    assert (read(count_open), len(read(list_alerts).items)) == (2, 3)
    assert [read(count_open, kind) for kind in (AlertKind.AT_ONCE, AlertKind.DIGEST)] == [2, 0]
    assert [len(read(list_alerts, kind=kind).items) for kind in (AlertKind.AT_ONCE, AlertKind.DIGEST)] == [3, 0]


def test_who_was_first_to_acknowledge_stays(raised: Call, read: Call, write: Call) -> None:
    [alert_id] = raised(1)
    first = write(acknowledge, alert_id, "  Reader\x00 of the\nnight ", datetime(2030, 1, 1, tzinfo=UTC))
    assert (first.acknowledged_by, first.acknowledged_at) == ("Reader of the night", datetime(2030, 1, 1, tzinfo=UTC))
    assert write(acknowledge, alert_id, "someone else") == first == read(get_alert, alert_id)
    events = [event for event in read(alert_details, alert_id).events if event.kind is AlertEventKind.ACKNOWLEDGED]
    assert [(event.detail, event.at) for event in events] == [("Reader of the night", first.acknowledged_at)]


def test_a_delivery_acknowledges_its_alert_and_is_named_in_the_record(raised: Call, read: Call, write: Call) -> None:
    [alert_id] = raised(1)
    [delivery] = read(alert_details, alert_id).deliveries
    assert write(acknowledge_delivery, delivery.id, "reader").acknowledged_by == "reader"
    last = read(alert_details, alert_id).events[-1]
    assert (last.kind, last.delivery_id) == (AlertEventKind.ACKNOWLEDGED, delivery.id)


@pytest.mark.parametrize("number", [0, -1, 7, 2**63])
@pytest.mark.parametrize("function", [get_alert, alert_details, get_delivery, alerts_of_scan])
def test_what_is_not_there_is_not_found(read: Call, function: Call, number: int) -> None:
    with pytest.raises(NotFoundError):
        read(function, number)


@pytest.mark.parametrize("function", [acknowledge, acknowledge_delivery])
def test_what_is_not_there_cannot_be_acknowledged(write: Call, function: Call) -> None:
    with pytest.raises(NotFoundError):
        write(function, 7, "reader")


def test_of_a_long_digest_the_most_urgent_scans_are_named_and_all_counted(
    write: Call, read: Call, add: Call, new_batch: Call, settle: Call, policy: Call
) -> None:
    batch_id = new_batch()
    ids = add(MAX_SCANS + 3, batch_id)
    quiet = policy(at_once_urgency="never")
    settle(ids[:3], quiet, 0.4)
    settle(ids[3:], quiet, 0.5)
    write(close_batch, batch_id)
    write(raise_digests, quiet)
    details = read(alert_details, read(list_alerts).items[0].id)
    assert (details.scan_ids, details.scans) == (ids[3:], MAX_SCANS + 3)


def test_the_alerts_of_a_scan_are_its_own_and_its_digests(
    write: Call, read: Call, add: Call, new_batch: Call, settle: Call, policy: Call
) -> None:
    batch_id = new_batch()
    urgent, other, healthy = add(3, batch_id)
    settle([urgent], policy(), 0.9)
    settle([other], policy(), 0.5)
    assert read(alerts_of_scan, other) == []
    settle([healthy], policy(labels=["pituitary"]))
    write(close_batch, batch_id)
    write(raise_digests, policy())
    digest, at_once = read(list_alerts).items
    assert read(alerts_of_scan, urgent) == [at_once]
    assert read(alerts_of_scan, other) == [digest]
    assert read(alerts_of_scan, healthy) == []
