"""The way of scans into the pipeline."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator

from models.pipeline import Source
from shared.errors import BlobMissingError
from shared.store.claims import Claim, claim_waiting
from worker.in_hand import ScansInHand
from worker.resources import Resources

MISSING_REASON = "The file is missing from the data folder; check that its volume is mounted, then retry."


class Feed:
    """Claimed scans as the pipeline's sources, in order, topped up with other waiting ones as it runs dry.

    So single scans are batched with others, and the pipeline does not run empty between two messages. The pipeline
    may iterate in a thread of its own. `in_flight` has the claims handed out and not yet landed, by source name.
    `paused` says that it ended only for those to land: iterate again.
    """

    def __init__(self, resources: Resources, in_hand: ScansInHand, claims: Iterable[Claim], *, top_up: bool) -> None:
        self.in_flight: dict[str, Claim] = {}
        self.paused = False
        self._resources = resources
        self._in_hand = in_hand
        self._next = deque(claims)
        self._top_up = top_up
        self._until = time.monotonic() + resources.settings.soft_time_limit / 2

    def __iter__(self) -> Iterator[Source]:
        """Ends when nothing waits, or it is time to stop; what was not handed out then stays in hand."""
        self.paused = False
        while not self._resources.stopping.is_set() and time.monotonic() < self._until:
            if self._next:
                source = self._source(self._next.popleft())
                if source is not None:
                    yield source
            elif not self._go_on():
                return

    def _go_on(self) -> bool:
        """Top up; gives whether there is more to do before what is in flight lands."""
        more = self._more()
        self._next.extend(more or ())
        # Chunk upon chunk may have its results already, and the pipeline would wait for us with the others in it.
        self.paused = more == [] and bool(self.in_flight)
        return more is not None and not self.paused

    def landed(self, name: str) -> Claim:
        """The claim that a source was made of, which is out of the pipeline now."""
        return self.in_flight.pop(name)

    def _more(self) -> list[Claim] | None:
        """Another chunk of waiting scans, taken only when the pipeline asks for the next one; None where none wait."""
        if not self._top_up:
            return None
        settings, worker = self._resources.settings, self._resources.worker
        return self._in_hand.take(
            lambda session: claim_waiting(session, settings.chunk_size, worker, settings.lease_seconds)
        )

    def _source(self, claim: Claim) -> Source | None:
        """None where the scan was cancelled meanwhile, or its file is missing: our fault, not the scan's."""
        if not self._in_hand.holds(claim):
            return None
        try:
            path = self._resources.blobs.path(claim.sha256)
        except BlobMissingError:
            self._in_hand.fail(claim, MISSING_REASON)
            return None
        name = f"{claim.scan_id}.{claim.attempt}"
        self.in_flight[name] = claim
        return Source(name=name, path=path)
