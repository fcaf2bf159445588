"""Requests and answers that only the HTTP API knows; everything else is in `shared.schemas`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.schemas import RegisteredScan, Request, ScanEvent, ScanRegister, Sha256, View
from shared.states import ScanState

MAX_ITEMS = 1000  # hashes or registrations in one request
Limit = Annotated[int, Field(ge=1, le=200, description="At most this many items.")]
NEXT = "The `next` of the page before."
After = Annotated[str, Field(pattern=r"^[0-9]{1,18}$", description=NEXT)]
AfterRank = Annotated[
    str, Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,20})?(e-[0-9]{1,3})?_[0-9]{1,18}$", description=NEXT)
]


class BatchListQuery(Request):
    """How batches are listed: newest first."""

    after: After | None = None
    limit: Limit = 50


class ScanListQuery(Request):
    """How the scans of a batch are listed: by id."""

    state: Annotated[ScanState | None, Field(description="Only scans in this state.")] = None
    after: After | None = None
    limit: Limit = 100


class WorklistQuery(Request):
    """How a worklist is listed: the most urgent first, then by id."""

    state: Annotated[ScanState | None, Field(description="Only scans in this state.")] = None
    after: AfterRank | None = None
    limit: Limit = 100


class ResultListQuery(Request):
    """How results are listed: by scan id."""

    after: After | None = None
    limit: Limit = 100


class AlertListQuery(Request):
    """How alerts are listed: newest first."""

    show: Annotated[Literal["all", "open"], Field(description="`open`: those that nobody has acknowledged.")] = "all"
    after: After | None = None
    limit: Limit = 50


class HashList(Request):
    """Hashes to ask about."""

    sha256: Annotated[list[Sha256], Field(max_length=MAX_ITEMS)]


class MissingHashes(View):
    """Those of the hashes whose bytes must be uploaded."""

    missing: list[Sha256]


class ScanRegistrations(Request):
    """Scans whose bytes are in the store."""

    scans: Annotated[list[ScanRegister], Field(min_length=1, max_length=MAX_ITEMS)]


class AddedScans(View):
    """One entry for each file of the request, in its order."""

    scans: list[RegisteredScan]


class History(View):
    """The audit trail of a scan."""

    events: list[ScanEvent]


class Liveness(View):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(View):
    """Everything the server needs answers."""

    database: Literal["ok"] = "ok"
    redis: Literal["ok"] = "ok"
