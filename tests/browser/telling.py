"""Alerts of seeded installations: raised by the store as results come in, sent, refused, escalated, acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

from sqlalchemy.orm import Session

from shared.alerting.rules import Policy, Rule, Rung, Target
from shared.database import Database
from shared.links import acknowledge_link
from shared.queues import make_celery
from shared.settings import Settings
from shared.states import AlertKind
from shared.store.alerts import acknowledge, alert_details, list_alerts
from shared.store.clock import utc_now
from shared.store.deliveries import DeliveryClaim, claim_delivery, delivered, give_up, hand_over, postpone
from shared.store.escalation import escalate_due
from worker.alerts.drain import Drain
from worker.resources import Resources

LEASE_SECONDS = 3600
SOON_MINUTES = 0.001
ON_CALL = Target("email", "oncall@hospital.example")
SLACK = Target("slack", "neuroradiology")
FOLDER = Target("folder", "default")
LEAD = Target("email", "a.rather.long.address.of.the.lead.radiologist@neuroradiology.hospital.example")

POLICY = Policy(
    (
        Rule(
            name="gliomas to the reader on call",
            labels=frozenset({"glioma"}),
            send=(ON_CALL, SLACK),
            escalate=(Rung(after_minutes=15, send=(LEAD,)),),
        ),
        Rule(name="all that is large", min_size_mm=20, min_urgency=0.2, at_once_urgency=0.9, send=(FOLDER,)),
    )
)
IMPATIENT = Policy(
    (
        Rule(
            name="emergency",
            at_once_urgency=0.4,
            send=(ON_CALL,),
            escalate=(Rung(after_minutes=SOON_MINUTES, send=(LEAD,)), Rung(after_minutes=30, send=(SLACK,))),
        ),
    )
)

REFUSALS = (
    "The mail server does not know this recipient (550 5.1.1 User unknown). Check the address in the alert rules.",
    "The mail server refused the login (535). Check ONCOQUEUE_SMTP_USER and ONCOQUEUE_SMTP_PASSWORD.",
)
DELAYS = (
    "Slack asked to wait (429, Retry-After 30 s).",
    "The server did not answer within 10 s after the message was handed over.",
)


def claims_of(session: Session, channel: str) -> Iterator[DeliveryClaim]:
    """Each delivery of a channel that is due, claimed and handed over."""
    while claim := claim_delivery(session, channel, LEASE_SECONDS):
        assert hand_over(session, claim, LEASE_SECONDS)
        yield claim


def send_all(session: Session) -> None:
    """pending -> sent for what goes by mail and to Slack."""
    for claim in claims_of(session, "email"):
        delivered(session, claim, "250 2.0.0 Ok: queued")
    for claim in claims_of(session, "slack"):
        delivered(session, claim, "200 ok")


def refuse_all(session: Session) -> None:
    """Mails fail for good, and Slack messages are tried again later, one of two perhaps a second time."""
    for number, claim in zip(count(), claims_of(session, "email"), strict=False):
        give_up(session, claim, REFUSALS[number % 2])
    for number, claim in zip(count(), claims_of(session, "slack"), strict=False):
        postpone(session, claim, DELAYS[number % 2], 7 * 60, unsure=number % 2 == 1)


def escalate(session: Session) -> None:
    """What waits for its next step by the IMPATIENT policy takes it."""
    escalate_due(session, utc_now(session) + timedelta(minutes=2 * SOON_MINUTES))


def write_files(settings: Settings) -> None:
    """Send what goes to the folder, as a worker does."""
    resources = Resources(settings, make_celery(settings))
    Drain(resources, "folder")()
    resources.database.dispose()


def named(session: Session, settings: Settings) -> tuple[dict[str, int], dict[str, str]]:
    """Acknowledges one alert, and gives alerts to look at by name, and the paths of links that acknowledge."""
    alerts = list_alerts(session, limit=200).items
    alone = [alert.id for alert in alerts if alert.kind is AlertKind.AT_ONCE and alert.rung == 0]
    groups = {
        "digest": [alert.id for alert in alerts if alert.kind is AlertKind.DIGEST],
        "escalated": [alert.id for alert in alerts if alert.rung > 0],
        "open": alone[:1],
        "acknowledged": alone[1:2],
        "spare": alone[2:3],
        "other-spare": alone[3:4],
    }
    found = {name: ids[0] for name, ids in groups.items() if ids}
    if "acknowledged" in found:
        acknowledge(session, found["acknowledged"], "reader@hospital.example")
    first = {name: alert_details(session, number).deliveries[0] for name, number in found.items()}
    links = {name: acknowledge_link(settings, delivery.id) for name, delivery in first.items()}
    return found, {name: link[link.index("/alerts/") :] for name, link in links.items()}


def tell(database: Database, settings: Settings, *steps: Callable[[Session], None]) -> None:
    """Each step in a transaction of its own, then the files."""
    for step in steps:
        with database.write() as session:
            step(session)
    write_files(settings)
