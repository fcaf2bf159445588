"""The analysis of scans: from a claim to its result."""

from __future__ import annotations

import os
from collections.abc import Sequence

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from shared.errors import DatabaseUnavailableError
from shared.store.claims import Claim, claim
from worker.feed import Feed
from worker.in_hand import ScansInHand
from worker.resources import Resources
from worker.write_back import NO_RESULT_REASON, WriteBack

log = structlog.get_logger(__name__)


def analyse_scans(resources: Resources, scan_ids: Sequence[int]) -> None:
    """received | queued -> running -> done | rejected | failed: these scans, and others that wait meanwhile.

    Each scan ends alone. What is lost with this process comes back through its lease.
    """
    settings = resources.settings
    with ScansInHand(resources, resources.pipeline.release) as in_hand:
        try:
            claims = in_hand.take(lambda session: claim(session, scan_ids, resources.worker, settings.lease_seconds))
            if claims:
                run_together(resources, in_hand, claims)
        except SoftTimeLimitExceeded:
            stop_overrun(resources, in_hand)
        except DatabaseUnavailableError:
            log.warning("stopped_without_database", scans=len(in_hand.held()))


def run_together(resources: Resources, in_hand: ScansInHand, claims: Sequence[Claim]) -> None:
    """Send the claims through the pipeline, topped up unless one of them must run alone.

    What is still in hand then was not started, because the worker is asked to stop or half the task's time is over.
    """
    feed = Feed(resources, in_hand, claims, top_up=not any(claim.solo for claim in claims))
    try:
        run_feed(resources, in_hand, feed)
        while feed.paused:
            run_feed(resources, in_hand, feed)
    except (SoftTimeLimitExceeded, DatabaseUnavailableError):
        raise
    except Exception:
        # All that is not settled: a result that the database refused is out of the pipeline already.
        suspects = in_hand.held()
        log.exception("pipeline_broke", scans=len(suspects))
        for suspect in suspects:
            run_alone(resources, in_hand, suspect)
    in_hand.release(in_hand.held())


def run_alone(resources: Resources, in_hand: ScansInHand, suspect: Claim) -> None:
    """One scan through a pipeline that broke with others in it; the one that breaks it again fails."""
    try:
        run_feed(resources, in_hand, Feed(resources, in_hand, [suspect], top_up=False))
    except (SoftTimeLimitExceeded, DatabaseUnavailableError):
        raise
    except Exception as error:
        log.exception("scan_broke_pipeline", scan_id=suspect.scan_id)
        in_hand.fail(suspect, f"The analysis broke off: {type(error).__name__}.")


def run_feed(resources: Resources, in_hand: ScansInHand, feed: Feed) -> None:
    """Send a feed through the pipeline; each result is written back as it comes."""
    with WriteBack(resources, in_hand) as write_back:
        for analysis in resources.pipeline.analyse(feed):
            write_back.put(feed.landed(analysis.name), analysis)
    for forgotten in list(feed.in_flight.values()):
        in_hand.fail(forgotten, NO_RESULT_REASON)


def stop_overrun(resources: Resources, in_hand: ScansInHand) -> None:
    """End this process: something in it hangs. A scan that ran alone fails; others come back to run alone."""
    held = in_hand.held()
    log.error("time_limit_exceeded", scans=len(held))
    for overdue in (ours for ours in held if ours.solo):
        in_hand.fail(overdue, f"The analysis took longer than {resources.settings.soft_time_limit} seconds.")
    os._exit(1)
