"""Results on their way into the store, beside the pipeline: the disk and the database need not hold up the network."""

from __future__ import annotations

import json
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import structlog

from models.pipeline import Analysis
from models.report import Status
from shared.errors import BlobTooLargeError
from shared.store.claims import Claim
from shared.store.results import StoredResult
from worker.handing_on import objects_of
from worker.in_hand import ScansInHand
from worker.metrics import observe_stages
from worker.resources import Resources

NO_RESULT_REASON = "The analysis gave no result."

# Analyses hold their pictures, so only a few may wait.
MAX_WAITING = 8

log = structlog.get_logger(__name__)


class WriteBack:
    """One thread that writes results, in order. Leaving its `with` block waits for all of them.

    Raises, from `put` or at the end of the block, what stopped an earlier write: DatabaseUnavailableError, or what
    SQLAlchemy says of a result that the database refuses. Those scans are still in hand.
    """

    def __init__(self, resources: Resources, in_hand: ScansInHand) -> None:
        self._resources = resources
        self._in_hand = in_hand
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write-back")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        if error is None:
            self._wait(0)

    def put(self, claim: Claim, analysis: Analysis) -> None:
        """running -> done | rejected | failed, soon; waits while too many are on their way."""
        self._wait(MAX_WAITING)
        self._waiting.append(self._thread.submit(self._write, claim, analysis))

    def _wait(self, most: int) -> None:
        while len(self._waiting) > most:
            self._waiting.popleft().result()

    def _write(self, claim: Claim, analysis: Analysis) -> None:
        started = time.perf_counter()
        report = analysis.report
        if report.status is Status.FAILED:
            self._in_hand.fail(claim, report.reason or NO_RESULT_REASON)
            return
        try:
            self._in_hand.finish(claim, self._store(claim, analysis), str(report.status))
        except (OSError, ValueError, BlobTooLargeError) as error:
            log.exception("result_not_stored", scan_id=claim.scan_id)
            self._in_hand.fail(claim, f"The result could not be stored: {type(error).__name__}.")
            return
        observe_stages({**analysis.timings, "write": time.perf_counter() - started})

    def _store(self, claim: Claim, analysis: Analysis) -> StoredResult:
        """Put pictures and objects into the blob store, side by side, and name them in the result.

        Raises:
            OSError: the disk is full or away.
            BlobTooLargeError: a picture or an object is.
            ValueError: a figure is not a number.
        """
        text = json.dumps(analysis.report.to_dict(), allow_nan=False)
        files = {**analysis.images, **objects_of(self._resources, claim, text, analysis.images)}
        hashes = self._resources.picture_threads.map(self._resources.blobs.put, files.values())
        return StoredResult(claim.sha256, self._resources.pipeline.release, text, dict(zip(files, hashes, strict=True)))
