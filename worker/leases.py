"""The claims that a process holds, and the heartbeat that keeps them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import structlog

from shared.database import Database
from shared.errors import DatabaseUnavailableError
from shared.settings import Settings
from shared.store.claims import Claim, renew

log = structlog.get_logger(__name__)


class Leases:
    """Claims in hand. Inside its `with` block a thread renews all of them every third of a lease.

    A scan that was cancelled and retried may be claimed again here while the pipeline still has the attempt before:
    the newest one is in hand.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._held: dict[int, Claim] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def hold(self, claims: Iterable[Claim]) -> None:
        """Start to renew these."""
        with self._lock:
            self._held.update((claim.scan_id, claim) for claim in claims)

    def drop(self, claim: Claim) -> None:
        """Stop to renew this one: it is written back, or gone."""
        with self._lock:
            if self._held.get(claim.scan_id) == claim:
                del self._held[claim.scan_id]

    def holds(self, claim: Claim) -> bool:
        """Whether it is in hand; not once it was cancelled, claimed again, or its lease had run out."""
        with self._lock:
            return self._held.get(claim.scan_id) == claim

    def held(self) -> list[Claim]:
        """All claims in hand, oldest first."""
        with self._lock:
            return list(self._held.values())

    def _beat(self) -> None:
        while not self._stop.wait(self._settings.heartbeat_seconds):
            claims = self.held()
            if claims:
                self._renew(claims)

    def _renew(self, claims: list[Claim]) -> None:
        try:
            with self._database.write() as session:
                kept = renew(session, claims, self._settings.lease_seconds)
        except DatabaseUnavailableError as error:
            log.warning("leases_not_renewed", scans=len(claims), error=str(error))
            return
        except Exception:  # Whatever it is, the heartbeat must go on: without it healthy scans run twice.
            log.exception("leases_not_renewed", scans=len(claims))
            return
        for claim in claims:
            if claim.scan_id not in kept and self.holds(claim):
                self.drop(claim)
                log.info("claim_lost", scan_id=claim.scan_id, attempt=claim.attempt)
