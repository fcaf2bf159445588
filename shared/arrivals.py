"""Scans that nobody submits as a batch: they arrive one by one, from a PACS or in a watched folder.

What belongs together goes into one open batch, which is closed once nothing has come for a while.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.database import Database
from shared.errors import ConflictError
from shared.paths import BadPathError
from shared.schemas import BatchCreate
from shared.states import Priority
from shared.store.adding import NewScan, add_scans
from shared.store.batches import create_batch
from shared.tables import BatchRow, ScanRow

KEY_PREFIX = "arrival:"
"""What the client keys of these batches begin with: the sweep closes them sooner than those of a submitter."""
TRIES = 5
DIGEST_CHARS = 16


@dataclass(frozen=True)
class Source:
    """Where scans come from: those with the same `key` share a batch while it is open. Neither names a person."""

    key: str
    name: str


@dataclass(frozen=True)
class Arrived:
    """A scan that is safely in a batch."""

    scan_id: int
    batch_id: int
    path: str
    priority: Priority


def digest(*parts: str) -> str:
    """A name for what must not be named: 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def study_source(study_uid: str, sender: str) -> Source:
    """One study, as one sender gives it to us."""
    number = digest("study", study_uid, sender)
    return Source(f"{KEY_PREFIX}{number}", f"study {number[-8:]}")


def instance_path(series_uid: str, instance_uid: str) -> str:
    """The path of a DICOM object in its batch, the objects of a series in one folder. UIDs can lead to a patient."""
    return f"series-{digest(series_uid)[:8]}/{digest(instance_uid)[:DIGEST_CHARS]}.dcm"


def take_in(database: Database, source: Source, scan: NewScan) -> Arrived:
    """Add a file, whose bytes are in the blob store, to the open batch of its source, and commit.

    The same path with the same bytes is the scan that is there; with other bytes it is another version, and gets a
    path of its own. Raises DatabaseUnavailableError, ConflictError; BadPathError for a path that no batch takes.
    """
    for _ in range(TRIES):
        # The sweep may close the batch between our two looks at it; then the next try makes another.
        with suppress(ConflictError), database.write() as session:
            return _add(session, source, scan)
    raise ConflictError(f"The batch was closed {TRIES} times while a file was added to it.")


def _add(session: Session, source: Source, scan: NewScan) -> Arrived:
    batch, _ = create_batch(session, BatchCreate(name=source.name, client_key=source.key))
    for path in (scan.path, other_version(scan.path, scan.sha256)):
        registered = add_scans(session, batch.id, [NewScan(path, scan.sha256, scan.size)])[0]
        if registered.scan_id is not None:
            return Arrived(registered.scan_id, batch.id, path, batch.priority)
    raise BadPathError(registered.error)


def find_arrived(session: Session, source: Source, scan: NewScan, since: datetime) -> Arrived | None:
    """The scan that `take_in` made of this file since then, in whatever batch; None where it made none."""
    query = (
        select(ScanRow)
        .join(BatchRow, BatchRow.id == ScanRow.batch_id)
        .where(BatchRow.client_key == source.key, ScanRow.created_at >= since, ScanRow.sha256 == scan.sha256)
        .where(ScanRow.path.in_([scan.path, other_version(scan.path, scan.sha256)]))
        .order_by(ScanRow.id.desc())
    )
    row = session.scalars(query).first()
    return Arrived(row.id, row.batch_id, row.path, row.priority) if row is not None else None


def other_version(path: str, sha256: str) -> str:
    """The path of other bytes under the same name: `a/b.dcm` -> `a/b-01234567.dcm`."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    return f"{folder}{slash}{stem or suffix}-{sha256[:8]}{dot + suffix if stem else ''}"
