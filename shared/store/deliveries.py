"""What a sender does to deliveries. Every write is fenced by the attempt number that its claim holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from shared.states import AlertEventKind, DeliveryState
from shared.store.clock import utc_now
from shared.store.escalation import escalate_unreached
from shared.store.outbox import Event, hold_alerts, record
from shared.store.reasons import one_line
from shared.tables import IS_PENDING, IS_SENDING, AlertRow, DeliveryRow

NEEDLESS = "The alert was acknowledged before this was sent."
LOST = "The sender stopped before it had an answer."


@dataclass(frozen=True)
class DeliveryClaim:
    """A delivery that a sender holds until its lease ends."""

    id: int
    alert_id: int
    channel: str
    recipient: str
    attempt: int
    queued_at: datetime


def due_channels(session: Session, now: datetime | None = None) -> frozenset[str]:
    """The channels that have something to send now."""
    query = select(DeliveryRow.channel).where(IS_PENDING, DeliveryRow.due_at <= (now or utc_now(session))).distinct()
    return frozenset(session.scalars(query))


def claim_delivery(
    session: Session, channel: str, lease_seconds: float, now: datetime | None = None
) -> DeliveryClaim | None:
    """pending -> sending, for the delivery of the channel that has been due longest; None where none is due.

    Of those that are due together, as all of a recipient that was held up, the one tried least comes first: one that
    fails each time holds up no other.
    """
    now = now or utc_now(session)
    query = (
        select(
            DeliveryRow.id,
            DeliveryRow.alert_id,
            DeliveryRow.channel,
            DeliveryRow.recipient,
            DeliveryRow.attempt + 1,
            DeliveryRow.queued_at,
        )
        .where(IS_PENDING, DeliveryRow.channel == channel, DeliveryRow.due_at <= now)
        .order_by(DeliveryRow.due_at, DeliveryRow.attempt, DeliveryRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    claim = DeliveryClaim(*row)
    lease_until = now + timedelta(seconds=lease_seconds)
    values = {"state": DeliveryState.SENDING, "attempt": claim.attempt, "lease_until": lease_until}
    _change(session, DeliveryRow.id == claim.id, **values)
    return claim


def hand_over(session: Session, claim: DeliveryClaim, lease_seconds: float) -> bool:
    """Note, just before the message's bytes go out, that it may arrive from now on; the lease begins anew.

    False where the claim is no longer ours: then nothing may be sent.
    """
    now = utc_now(session)
    lease_until = now + timedelta(seconds=lease_seconds)
    return bool(_change(session, *_ours(claim), handed_at=now, lease_until=lease_until))


def delivered(session: Session, claim: DeliveryClaim, detail: str | None = None) -> bool:
    """sending -> sent; `detail` goes into the record. False where the claim is no longer ours."""
    now = utc_now(session)
    values = {"state": DeliveryState.SENT, "sent_at": now, "lease_until": None, "reason": None}
    if not _change(session, *_ours(claim), **values):
        return False
    record(session, now, [Event(claim.alert_id, AlertEventKind.SENT, detail, claim.id)])
    return True


def postpone(
    session: Session,
    claim: DeliveryClaim,
    reason: str,
    seconds: float,
    *,
    unsure: bool = False,
    whole_recipient: bool = False,
) -> bool:
    """sending -> pending, due in so many seconds; False where the claim is no longer ours.

    `unsure`: no answer came after the message was handed over, so the next try is marked as a repeat.
    `whole_recipient`: all that is pending for this recipient waits until then, too.
    """
    now = utc_now(session)
    until = now + timedelta(seconds=seconds)
    hold_alerts(session, AlertRow.id == claim.alert_id)
    values = {"state": DeliveryState.PENDING, "due_at": until, "lease_until": None, "handed_at": None}
    if not _change(session, *_ours(claim), repeat=_repeat(unsure), reason=one_line(reason), **values):
        return False
    record(session, now, [Event(claim.alert_id, AlertEventKind.POSTPONED, reason, claim.id)])
    cancel_needless(session, now, [claim.alert_id])
    if whole_recipient:
        _hold_up(session, claim.channel, claim.recipient, until)
    return True


def _hold_up(session: Session, channel: str, recipient: str, until: datetime) -> None:
    """Two senders may do so together: each leaves out what the other holds."""
    earlier = (DeliveryRow.channel == channel, DeliveryRow.due_at < until, DeliveryRow.recipient == recipient)
    free = select(DeliveryRow.id).where(IS_PENDING, *earlier).with_for_update(skip_locked=True)
    statement = update(DeliveryRow).where(IS_PENDING, DeliveryRow.id.in_(free)).values(due_at=until)
    session.execute(statement.execution_options(synchronize_session=False))


def give_up(session: Session, claim: DeliveryClaim, reason: str, *, unsure: bool = False) -> bool:
    """sending -> failed; False where the claim is no longer ours. `unsure` as with `postpone`.

    Where that was the last hope of a step of escalation, the next one is due at once.
    """
    now = utc_now(session)
    alerts = hold_alerts(session, AlertRow.id == claim.alert_id)
    values = {"state": DeliveryState.FAILED, "reason": one_line(reason), "lease_until": None, "handed_at": None}
    if not _change(session, *_ours(claim), repeat=_repeat(unsure), **values):
        return False
    record(session, now, [Event(claim.alert_id, AlertEventKind.FAILED, reason, claim.id)])
    for alert in alerts:
        escalate_unreached(session, now, alert)
    return True


def recover_deliveries(session: Session, now: datetime | None = None) -> list[int]:
    """sending -> pending, due now, where the lease ran out; gives their ids.

    Those that were handed over may have arrived, so their next try is marked as a repeat.
    """
    now = now or utc_now(session)
    expired = (IS_SENDING, DeliveryRow.lease_until < now)
    alert_ids = set(session.scalars(select(DeliveryRow.alert_id).where(*expired)))
    if not alert_ids:
        return []
    held = [alert.id for alert in hold_alerts(session, AlertRow.id.in_(alert_ids), skip_locked=True)]
    values = {"state": DeliveryState.PENDING, "due_at": now, "lease_until": None, "handed_at": None}
    lost = _change(session, and_(*expired), DeliveryRow.alert_id.in_(held), repeat=_repeat(True), reason=LOST, **values)
    record(session, now, [Event(alert_id, AlertEventKind.POSTPONED, LOST, number) for number, alert_id in lost])
    cancel_needless(session, now, held)
    return sorted(number for number, _ in lost)


def cancel_needless(session: Session, now: datetime, alert_ids: Sequence[int]) -> None:
    """pending -> cancelled for what escalation asked for, of those of these alerts that are acknowledged.

    The caller holds the alerts: a try that ends meanwhile comes here after us.
    """
    answered = select(AlertRow.id).where(AlertRow.id.in_(alert_ids), AlertRow.acknowledged_at.is_not(None))
    needless = (DeliveryRow.state == DeliveryState.PENDING, DeliveryRow.rung > 0, DeliveryRow.alert_id.in_(answered))
    stopped = _change(session, *needless, state=DeliveryState.CANCELLED, reason=NEEDLESS)
    events = [Event(alert_id, AlertEventKind.CANCELLED, NEEDLESS, number) for number, alert_id in stopped]
    record(session, now, events)


def _ours(claim: DeliveryClaim) -> tuple[ColumnElement[bool], ...]:
    """The fence: a claim whose lease ran out has a stale attempt or state, or is from before it was queued again."""
    state = DeliveryRow.state == DeliveryState.SENDING
    same = (DeliveryRow.attempt == claim.attempt, DeliveryRow.queued_at == claim.queued_at)
    return DeliveryRow.id == claim.id, *same, state


def _repeat(unsure: bool) -> ColumnElement[bool]:
    """Whether the next try may be one too many."""
    handed = DeliveryRow.handed_at.is_not(None)
    return or_(DeliveryRow.repeat, handed) if unsure else or_(DeliveryRow.repeat)


def _change(session: Session, *conditions: ColumnElement[bool], **values: object) -> list[tuple[int, int]]:
    """Update what meets the conditions; gives the ids of deliveries and of their alerts."""
    statement = update(DeliveryRow).where(*conditions).values(values).returning(DeliveryRow.id, DeliveryRow.alert_id)
    rows = session.execute(statement.execution_options(synchronize_session=False))
    return [(delivery_id, alert_id) for delivery_id, alert_id in rows]
