"""Results: one per file content and release of the model set, shared by all scans of that content."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shared.schemas import Page, ScanOutcome, ScanResult
from shared.states import ScanState
from shared.store.batches import get_batch
from shared.store.clock import utc_now
from shared.store.inserts import insert_new
from shared.store.paging import page_of, read_id
from shared.store.scans import get_scan
from shared.store.transitions import chunks
from shared.tables import RESULTS, ResultRow, ScanRow

KEPT = frozenset({ScanState.DONE, ScanState.REJECTED})
"""A failure is ours, and may not happen again: it is not kept as the result of a file."""

WITH_RESULT = KEPT | {ScanState.FAILED}


@dataclass(frozen=True)
class StoredResult:
    """`result` is the contract without `path`, as JSON; `images` maps a picture's name to its blob's SHA-256."""

    sha256: str
    release: str
    result: str
    images: Mapping[str, str]

    def contract(self, path: str) -> ScanResult:
        """The result of a scan of this path. Raises pydantic's ValidationError where it breaks the contract."""
        return ScanResult.model_validate({"path": path} | json.loads(self.result))


@dataclass(frozen=True)
class Shown:
    """A result as a page shows it; `images` are the names of the pictures there are."""

    result: ScanResult
    images: frozenset[str]


def find_results(session: Session, hashes: Iterable[str], release: str) -> dict[str, StoredResult]:
    """The results there are of these files by this release, by the file's SHA-256."""
    query = select(ResultRow).where(ResultRow.release == release)
    return {
        row.sha256: stored_result(row)
        for part in chunks(sorted(set(hashes)))
        for row in session.scalars(query.where(ResultRow.sha256.in_(part)))
    }


def keep_result(session: Session, stored: StoredResult) -> tuple[int, StoredResult]:
    """Keep a result, and give the id of its row; where there is one of the same file and release, that one stays.

    Its status must be done or rejected: what failed is not kept. Raises ValueError.
    """
    status = ScanState(stored.contract("").status)
    if status not in KEPT:
        raise ValueError(f"A result of status {status} is not kept.")
    values = {
        "sha256": stored.sha256,
        "release": stored.release,
        "status": status,
        "result": stored.result,
        "images": json.dumps(dict(stored.images)),
        "created_at": utc_now(session),
    }
    new = session.execute(insert_new(session, RESULTS).returning(RESULTS.c.id), [values]).scalar_one_or_none()
    if new is not None:
        return new, stored
    same = (ResultRow.sha256 == stored.sha256, ResultRow.release == stored.release)
    row = session.scalars(select(ResultRow).where(*same)).one()
    return row.id, stored_result(row)


def get_result(session: Session, scan_id: int) -> ScanResult | None:
    """The contract of a scan that is done, rejected or failed; else None. Raises NotFoundError."""
    get_scan(session, scan_id)
    row = session.execute(_outcomes().where(ScanRow.id == scan_id)).one_or_none()
    return None if row is None else _outcome(row[0], row[1]).result


def results_of(session: Session, scan_ids: Collection[int]) -> dict[int, Shown]:
    """The results of those of these scans that are done, rejected or failed, with the names of their pictures.

    One query; for a page of scans, not for a batch.
    """
    rows = session.execute(_outcomes().where(ScanRow.id.in_(scan_ids)))
    return {
        scan.id: Shown(_outcome(scan, row).result, frozenset(json.loads(row.images) if row else ()))
        for scan, row in rows
    }


def result_images(session: Session, scan_id: int) -> dict[str, str]:
    """The SHA-256 of the pictures of a scan by name; empty where there are none. Raises NotFoundError."""
    get_scan(session, scan_id)
    query = select(ResultRow.images).join(ScanRow, ScanRow.result_id == ResultRow.id).where(ScanRow.id == scan_id)
    images: dict[str, str] = json.loads(session.scalar(query) or "{}")
    return images


def list_results(session: Session, batch_id: int, after: str | None = None, limit: int = 100) -> Page[ScanOutcome]:
    """Scans of a batch that are done, rejected or failed, by id. Raises NotFoundError, CursorError."""
    get_batch(session, batch_id)
    query = _outcomes().where(ScanRow.batch_id == batch_id).order_by(ScanRow.id).limit(limit + 1)
    if after is not None:
        query = query.where(ScanRow.id > read_id(after))
    outcomes = [_outcome(scan, result) for scan, result in session.execute(query)]
    return page_of(outcomes, limit, lambda outcome: outcome, lambda outcome: str(outcome.scan_id))


def _outcomes() -> Select[ScanRow, ResultRow]:
    return (
        select(ScanRow, ResultRow)
        .outerjoin(ResultRow, ScanRow.result_id == ResultRow.id)
        .where(ScanRow.state.in_(WITH_RESULT))
        .execution_options(populate_existing=True)
    )


def _outcome(scan: ScanRow, result: ResultRow | None) -> ScanOutcome:
    """A scan that failed has a reason but no stored result."""
    if result is not None:
        return ScanOutcome(scan_id=scan.id, result=stored_result(result).contract(scan.path))
    contract = {"path": scan.path, "status": scan.state.value, "reason": scan.reason}
    return ScanOutcome(scan_id=scan.id, result=ScanResult.model_validate(contract))


def stored_result(row: ResultRow) -> StoredResult:
    """What a row holds."""
    return StoredResult(row.sha256, row.release, row.result, json.loads(row.images))
