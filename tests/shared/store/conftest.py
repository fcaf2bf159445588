"""Short ways to say what a store test does; all run on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from shared.database import Database
from shared.schemas import BatchCreate
from shared.states import Priority
from shared.store.adding import NewScan, add_scans
from shared.store.batches import create_batch
from shared.store.claims import Claim
from shared.store.results import StoredResult

Call = Callable[..., Any]


@pytest.fixture
def write(database: Database) -> Call:
    """Run one function of the store in a write transaction."""

    def run(function: Call, *arguments: object, **named: object) -> object:
        with database.write() as session:
            return function(session, *arguments, **named)

    return run


@pytest.fixture
def read(database: Database) -> Call:
    """Run one function of the store in a read transaction."""

    def run(function: Call, *arguments: object, **named: object) -> object:
        with database.read() as session:
            return function(session, *arguments, **named)

    return run


@pytest.fixture
def new_batch(write: Call) -> Callable[..., int]:
    """Make an open batch; gives its id."""

    def make(priority: Priority = Priority.ROUTINE, name: str = "night") -> int:
        batch, _ = write(create_batch, BatchCreate(name=name, priority=priority))
        batch_id: int = batch.id
        return batch_id

    return make


@pytest.fixture
def add(write: Call, new_batch: Callable[..., int]) -> Callable[..., list[int]]:
    """Add scans with contents of their own to a batch, a new one if none is named; gives their ids."""
    numbers = count()

    def make(how_many: int, batch_id: int | None = None, priority: Priority = Priority.ROUTINE) -> list[int]:
        names = [f"{next(numbers):05}.png" for _ in range(how_many)]
        scans = [NewScan(name, hashlib.sha256(name.encode()).hexdigest(), 10) for name in names]
        added = write(add_scans, batch_id or new_batch(priority), scans)
        return [scan.scan_id for scan in added]

    return make


@pytest.fixture
def result_of() -> Callable[..., StoredResult]:
    """A result of a claimed scan."""

    def make(claim: Claim, urgency: float | None = 0.5, status: str = "done", version: str = "1") -> StoredResult:
        done = status == "done"
        contract = {
            "status": status,
            "reason": None if done else "This is not a scan.",
            "kind": "brain-mri" if done else None,
            "model": {"name": "brain", "version": version} if done else None,
            "tumor_probability": 0.9 if done else None,
            "urgency": urgency if done else None,
            "image": {"width": 8, "height": 8, "pixel_spacing_mm": None} if done else None,
            "findings": [],
        }
        images = {"overlay": "0" * 64} if done else {}
        return StoredResult(claim.sha256, f"release-{version}", json.dumps(contract), images)

    return make
