"""Emptying the outbox of one channel: claim, build, hand over, mark, until nothing is due."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from shared.errors import DatabaseUnavailableError
from shared.store.alert_subjects import alert_subject
from shared.store.alerts import alert_details, get_delivery
from shared.store.clock import utc_now
from shared.store.deliveries import DeliveryClaim, claim_delivery, delivered, give_up, hand_over, postpone
from worker.alerts.channel import Channel
from worker.alerts.composing import MAX_DIGEST_SCANS, compose
from worker.alerts.content import AlertMessage
from worker.alerts.errors import ClaimLostError, DeliveryError
from worker.alerts.registry import CHANNELS
from worker.alerts.retrying import seconds_to_wait
from worker.resources import Resources

log = structlog.get_logger(__name__)


class Drain:
    """Sends what is due on one channel, one delivery after another. Call it from one thread at a time."""

    def __init__(self, resources: Resources, channel: str) -> None:
        self._resources = resources
        self._settings = resources.settings
        self._name = channel

    def __call__(self) -> None:
        """pending -> sending -> sent | pending | failed, for each that is due, until the worker stops.

        Ends early on trouble that the rest would meet too; the sweep's next hint tries again.
        """
        going = True
        with CHANNELS[self._name](self._settings, self._resources.stopping.is_set) as channel:
            while going and not self._resources.stopping.is_set():
                claim = self._claim()
                going = claim is not None and self._deliver(channel, claim)

    def _claim(self) -> DeliveryClaim | None:
        seconds = self._settings.alert_lease_seconds
        return self._resources.write(lambda session: claim_delivery(session, self._name, seconds))

    def _deliver(self, channel: Channel, claim: DeliveryClaim) -> bool:
        """Try one; gives whether the next may be tried."""
        try:
            detail = self._send(channel, claim)
        except ClaimLostError:
            self._say(claim, "claim lost")
            return True
        except DeliveryError as error:
            self._failed(claim, error)
            return not error.whole_channel
        self._resources.write(lambda session: delivered(session, claim, detail))
        self._say(claim, "sent")
        return True

    def _send(self, channel: Channel, claim: DeliveryClaim) -> str | None:
        try:
            return channel.send(self._build(claim), lambda: self._hand_over(claim))
        except (ClaimLostError, DeliveryError, DatabaseUnavailableError):
            raise
        except Exception as error:  # An alert that we cannot build must not hold up all others.
            log.exception("alert_not_sent", delivery_id=claim.id)
            raise DeliveryError(f"The message could not be sent: {type(error).__name__}.", unsure=True) from error

    def _build(self, claim: DeliveryClaim) -> AlertMessage:
        """The message, from what is known now."""

        def load(session: Session) -> AlertMessage:
            subject = alert_subject(session, claim.alert_id, MAX_DIGEST_SCANS)
            return compose(self._settings, self._resources.blobs, get_delivery(session, claim.id), subject)

        return self._resources.read(load)

    def _hand_over(self, claim: DeliveryClaim) -> None:
        if self._resources.stopping.is_set():
            raise DeliveryError("The alert worker was stopped before the message went out.", retry_after=0)
        seconds = self._settings.alert_lease_seconds
        if not self._resources.write(lambda session: hand_over(session, claim, seconds)):
            raise ClaimLostError

    def _failed(self, claim: DeliveryClaim, error: DeliveryError) -> None:
        outcome = self._resources.write(lambda session: self._settle(session, claim, error))
        self._say(claim, outcome, error.logged)

    def _settle(self, session: Session, claim: DeliveryClaim, error: DeliveryError) -> str:
        """sending -> failed where it is final or too old, else -> pending, to be tried later; gives which.

        All times are the database's: hosts' clocks differ.
        """
        hours, reason = self._settings.alert_give_up_hours, error.reason
        left = (claim.queued_at + timedelta(hours=hours) - utc_now(session)).total_seconds()
        final = error.permanent or has_failed_so(session, claim, error)
        if final or left <= 0:
            reason = reason if final else f"{reason} Given up after {hours:g} hours."
            give_up(session, claim, reason, unsure=error.unsure)
            return "failed"
        wait = seconds_to_wait(claim.attempt, error)
        if wait > left:
            reason = f"{reason} The wait would end after {hours:g} hours, so the last try is made then."
        postpone(session, claim, reason, min(wait, left), unsure=error.unsure, whole_recipient=error.whole_recipient)
        return "postponed"

    def _say(self, claim: DeliveryClaim, outcome: str, reason: str | None = None) -> None:
        """To the log; whom it goes to is not for there."""
        log.info(
            "delivery", delivery_id=claim.id, channel=self._name, attempt=claim.attempt, outcome=outcome, reason=reason
        )


def has_failed_so(session: Session, claim: DeliveryClaim, error: DeliveryError) -> bool:
    """Whether, with this one, the delivery has failed for this very reason as often as it may."""
    if error.tries is None:
        return False
    mine = (event for event in alert_details(session, claim.alert_id).events if event.delivery_id == claim.id)
    same = [event for event in mine if event.at >= claim.queued_at and (event.detail or "").startswith(error.reason)]
    return len(same) + 1 >= error.tries
