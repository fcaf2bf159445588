"""Results: one per file content and release of the model set, shared by all scans of that content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.schemas import Page, ScanOutcome, ScanResult


@dataclass(frozen=True)
class StoredResult:
    """`result` is the contract without `path`, as JSON; `images` maps a picture's name to its blob's SHA-256."""

    sha256: str
    release: str
    result: str
    images: Mapping[str, str]


def find_results(session: Session, hashes: Iterable[str], release: str) -> dict[str, StoredResult]:
    """The results there are of these files by this release, by the file's SHA-256."""
    raise NotImplementedError


def save_result(session: Session, stored: StoredResult) -> StoredResult:
    """Keep a result; where there is one of the same file and release, that one stays and is given back.

    Its status must be done or rejected: what failed is not kept.
    """
    raise NotImplementedError


def get_result(session: Session, scan_id: int) -> ScanResult | None:
    """The contract of a scan that is done, rejected or failed; else None. Raises NotFoundError."""
    raise NotImplementedError


def result_images(session: Session, scan_id: int) -> dict[str, str]:
    """The SHA-256 of the pictures of a scan by name; empty where there are none. Raises NotFoundError."""
    raise NotImplementedError


def list_results(session: Session, batch_id: int, after: str | None = None, limit: int = 100) -> Page[ScanOutcome]:
    """Scans of a batch that are done, rejected or failed, by id. Raises NotFoundError, CursorError."""
    raise NotImplementedError
