"""Two that change the same alert at the same time: the second waits, and sees what the first did."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from shared.alerting.rules import Policy
from shared.database import Database
from shared.states import DeliveryState
from shared.store.alerts import acknowledge, alert_details
from shared.store.batches import close_batch
from shared.store.claims import Claim, claim, finish
from shared.store.deliveries import claim_delivery, give_up, postpone
from shared.store.digests import raise_digests
from shared.store.escalation import escalate_due

Call = Callable[..., Any]


def in_a_minute() -> datetime:
    """A time at which all that is raised now is due. Asked in the test: many others may have run since the import."""
    return datetime.now(UTC) + timedelta(seconds=60)


@pytest.fixture
def database_url(postgresql_database: str) -> str:
    """PostgreSQL alone: on SQLite there is one writer at a time."""
    return postgresql_database


@pytest.fixture
def overlapping(database: Database) -> Callable[..., None]:
    """Do the first in a transaction that is still open while the second begins; both must end."""

    def run(first: Call, second: Call, *, waits: bool = True) -> None:
        def other() -> None:
            with database.write() as session:
                second(session)

        thread = threading.Thread(target=other)
        with database.write() as session:
            first(session)
            thread.start()
            thread.join(0.4)
            assert thread.is_alive() is waits
        thread.join(30)
        assert not thread.is_alive()

    return run


@pytest.fixture
def stepped(policy: Call) -> Policy:
    """Tells the ward and the office, then the boss."""
    steps = [{"after_minutes": 15, "send": ["slack:boss"]}]
    built: Policy = policy(send=["slack:ward", "slack:office"], escalate=steps)
    return built


def test_the_last_two_hopes_of_a_step_that_fail_together_make_the_next_due(
    write: Call, add: Call, settle: Call, stepped: Policy, overlapping: Call
) -> None:
    settle(add(1), stepped)
    soon = in_a_minute()
    ward, office = (write(claim_delivery, "slack", 60, soon) for _ in range(2))
    overlapping(lambda session: give_up(session, ward, "404"), lambda session: give_up(session, office, "404"))
    assert write(escalate_due, soon) == {"slack"}


def test_a_try_that_fails_while_its_alert_is_acknowledged_is_not_made_again(
    write: Call, read: Call, add: Call, settle: Call, stepped: Policy, overlapping: Call
) -> None:
    settle(add(1), stepped)
    later = in_a_minute() + timedelta(minutes=16)
    write(escalate_due, later)
    claims = [write(claim_delivery, "slack", 60, later) for _ in range(3)]
    [boss] = [claim for claim in claims if claim.recipient == "boss"]
    overlapping(
        lambda session: postpone(session, boss, "busy", 60),
        lambda session: acknowledge(session, boss.alert_id, "reader"),
    )
    states = {one.recipient: one.state for one in read(alert_details, boss.alert_id).deliveries}
    assert states["boss"] is DeliveryState.CANCELLED


def test_an_alert_that_someone_is_acknowledging_is_not_escalated_meanwhile(
    write: Call, read: Call, add: Call, settle: Call, stepped: Policy, overlapping: Call
) -> None:
    settle(add(1), stepped)
    alert_id = write(claim_delivery, "slack", 60).alert_id
    overlapping(
        lambda session: acknowledge(session, alert_id, "reader"),
        lambda session: escalate_due(session, in_a_minute() + timedelta(minutes=16)),
        waits=False,
    )
    assert len(read(alert_details, alert_id).deliveries) == 2


def test_two_sweeps_raise_one_digest(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call, overlapping: Call
) -> None:
    batch_id = new_batch()
    settle(add(2, batch_id), policy(), 0.5)
    write(close_batch, batch_id)
    given: list[frozenset[str]] = []

    def sweep(session: Session) -> None:
        given.append(raise_digests(session, policy()))

    overlapping(sweep, sweep, waits=False)
    assert given == [{"folder"}, frozenset()]
    assert write(raise_digests, policy()) == frozenset()


def test_the_last_two_scans_of_a_batch_that_finish_together_bring_one_digest(
    write: Call, add: Call, new_batch: Call, positive: Call, policy: Call, overlapping: Call
) -> None:
    batch_id = new_batch()
    claims = write(claim, add(2, batch_id), "w", 30)
    write(close_batch, batch_id)
    given: list[frozenset[str]] = []

    def end(claimed: Claim) -> Call:
        return lambda session: given.append(finish(session, claimed, positive(claimed, 0.5), policy()).channels)

    overlapping(end(claims[0]), end(claims[1]))
    assert given == [frozenset(), {"folder"}]


def test_a_recipient_that_is_busy_twice_at_once_holds_up_both_senders_work(
    write: Call, add: Call, settle: Call, policy: Call, overlapping: Call
) -> None:
    settle(add(6), policy(send=["slack:ward"]))
    first, second = (write(claim_delivery, "slack", 60) for _ in range(2))
    overlapping(
        lambda session: postpone(session, first, "429", 60, whole_recipient=True),
        lambda session: postpone(session, second, "429", 60, whole_recipient=True),
        waits=False,
    )
    assert write(claim_delivery, "slack", 60) is None
