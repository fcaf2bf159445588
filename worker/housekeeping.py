"""The sweep: what crashes and outages left behind is put right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog
from kombu.exceptions import OperationalError
from sqlalchemy.orm import Session

from shared.arrivals import KEY_PREFIX
from shared.queues import queue_length, send_alert_hints, send_scans
from shared.settings import Settings
from shared.states import Priority
from shared.store.batches import close_quiet_batches
from shared.store.deliveries import due_channels, recover_deliveries
from shared.store.digests import raise_digests
from shared.store.escalation import escalate_due
from shared.store.installation import forget_workers
from shared.store.logins import forget_ended_logins
from shared.store.scans import get_scan, mark_queued
from shared.store.sweep import recover_expired, unsent
from worker.resources import Resources

SEND_LIMIT = 5000
LEFTOVER_SECONDS = 24 * 3600  # an upload that still runs has written something since
MISSED_SECONDS = 3600  # a worker that is gone without a word is shown as missing for so long

log = structlog.get_logger(__name__)


def sweep(resources: Resources) -> None:
    """Expired leases: running -> queued | failed, sending -> pending. Quiet batches: open -> closed.

    Digests and escalations that are due are raised, and what waits unsent is sent, scans and alerts. Files that a
    process which died was still writing are deleted; workers that are long gone, and logins that are long over, are
    forgotten.
    """
    settings = resources.settings
    recovered = resources.write(lambda session: recover_expired(session, max_solo_attempts=settings.max_solo_attempts))
    closed = resources.write(lambda session: close_quiet(session, settings))
    if recovered.requeued or recovered.failed or closed:
        log.info("swept", requeued=recovered.requeued, failed=recovered.failed, closed_batches=closed)
    due = raise_alerts(resources)
    try:
        send_alert_hints(resources.celery, due)
        send_recovered(resources, recovered.requeued)
        send_waiting(resources)
    except OperationalError as error:
        log.warning("redis_away", error=type(error).__name__)
    if removed := resources.blobs.remove_leftovers(LEFTOVER_SECONDS):
        log.info("leftovers_removed", files=removed)
    resources.write(lambda session: forget_workers(session, MISSED_SECONDS))
    resources.write(forget_ended_logins)


def close_quiet(session: Session, settings: Settings) -> list[int]:
    """open -> closed: of a submitter, who may come back; and, sooner, of what arrives by itself."""
    arrived = close_quiet_batches(session, settings.arrival_quiet_seconds, key_prefix=KEY_PREFIX)
    return arrived + close_quiet_batches(session, settings.batch_quiet_seconds)


def raise_alerts(resources: Resources) -> frozenset[str]:
    """Raise what has become due; gives the channels that have something to send."""
    recovered = resources.write(recover_deliveries)
    resources.write(lambda session: raise_digests(session, resources.policy))
    resources.write(escalate_due)
    if recovered:
        log.info("deliveries_recovered", deliveries=recovered)
    return resources.read(due_channels)


def send_recovered(resources: Resources, scan_ids: Sequence[int]) -> None:
    """Send scans whose worker died, each in a message of its own."""
    if not scan_ids:
        return
    for priority, ids in resources.read(lambda session: by_priority(session, scan_ids)).items():
        send_scans(resources.celery, ids, priority, alone=True)
        mark(resources, ids)


def by_priority(session: Session, scan_ids: Sequence[int]) -> Mapping[Priority, list[int]]:
    """The ids under the priority of their scans."""
    groups: defaultdict[Priority, list[int]] = defaultdict(list)
    for scan_id in scan_ids:
        groups[get_scan(session, scan_id).priority].append(scan_id)
    return groups


def send_waiting(resources: Resources) -> None:
    """Send scans that were committed but not sent; and, when Redis holds no message, those whose message was lost."""
    settings = resources.settings
    lost = settings.lease_seconds if queue_length(resources.celery) == 0 else None
    for group in resources.read(lambda session: unsent(session, settings.sweep_seconds, SEND_LIMIT, lost)):
        send_scans(resources.celery, group.scan_ids, group.priority)
        mark(resources, group.scan_ids)
        log.info("sent_again", scans=len(group.scan_ids))


def mark(resources: Resources, scan_ids: Sequence[int]) -> None:
    """received -> queued; if we die before it, the scans are sent twice, which does no harm."""
    resources.write(lambda session: mark_queued(session, scan_ids))
