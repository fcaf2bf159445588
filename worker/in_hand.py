"""The scans in this process's hands: claimed, kept by the heartbeat, settled."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from kombu.exceptions import OperationalError
from sqlalchemy.orm import Session

from shared.queues import send_alert_hints
from shared.store.claims import Claim, fail, finish, release
from shared.store.results import StoredResult, find_results
from worker.leases import Leases
from worker.metrics import count
from worker.resources import Resources

log = structlog.get_logger(__name__)


class ScansInHand(Leases):
    """Claims from the moment they are made to the moment their outcome is written. Use it as a `with` block."""

    def __init__(self, resources: Resources, release_id: str) -> None:
        super().__init__(resources.database, resources.settings)
        self._resources = resources
        self._release_id = release_id

    def take(self, choose: Callable[[Session], list[Claim]]) -> list[Claim] | None:
        """received | queued -> running for what `choose` claims; None where that is nothing.

        Those whose bytes this release has seen before go on to done | rejected at once; gives the others.
        """
        claims = self._resources.write(choose)
        self.hold(claims)
        if not claims:
            return None
        hashes = {claim.sha256 for claim in claims}
        known = self._resources.read(lambda session: find_results(session, hashes, self._release_id))
        for claim in claims:
            if claim.sha256 in known:
                self.finish(claim, known[claim.sha256], "reused")
        return [claim for claim in claims if claim.sha256 not in known]

    def finish(self, claim: Claim, stored: StoredResult, outcome: str) -> None:
        """running -> done | rejected, with a result and the alerts that it causes."""
        policy = self._resources.policy
        settled = self._resources.write(lambda session: finish(session, claim, stored, policy))
        self._settle(claim, settled.ours, outcome)
        self._hint(settled.channels)

    def fail(self, claim: Claim, reason: str) -> None:
        """running -> failed."""
        ours = self._resources.write(lambda session: fail(session, claim, reason))
        self._settle(claim, ours, "failed")

    def release(self, claims: Iterable[Claim]) -> None:
        """running -> queued for scans that were not started; the sweep sends them again."""
        waiting = [claim for claim in claims if self.holds(claim)]
        if waiting:
            self._resources.write(lambda session: release(session, waiting))
        for claim in waiting:
            self.drop(claim)

    def _settle(self, claim: Claim, ours: bool, outcome: str) -> None:
        """A write that came too late has changed nothing: the scan was cancelled, or is in other hands."""
        self.drop(claim)
        outcome = outcome if ours else "discarded"
        count(outcome)
        log.info("scan_settled", scan_id=claim.scan_id, attempt=claim.attempt, outcome=outcome)

    def _hint(self, channels: frozenset[str]) -> None:
        """Wake the senders of these channels; without Redis the sweep does it later."""
        if not channels:
            return
        try:
            send_alert_hints(self._resources.celery, channels)
        except OperationalError as error:
            log.warning("redis_away", error=type(error).__name__)
