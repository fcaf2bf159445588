"""Short ways to say what a store test does; all run on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from shared.alerting.rule import Rule
from shared.alerting.rules import Policy
from shared.database import Database
from shared.schemas import BatchCreate
from shared.states import Priority
from shared.store.adding import NewScan, add_scans
from shared.store.batches import create_batch
from shared.store.claims import Claim, Settled, claim, finish
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


@pytest.fixture
def positive(result_of: Callable[..., StoredResult]) -> Callable[..., StoredResult]:
    """A result of a claimed scan with a reported glioma."""

    def make(claim: Claim, urgency: float = 0.9) -> StoredResult:
        stored = result_of(claim, urgency)
        contract = json.loads(stored.result) | {"findings": [GLIOMA]}
        return replace(stored, result=json.dumps(contract))

    return make


GLIOMA = {
    "box": [0, 0, 4, 4],
    "score": 0.9,
    "reported": True,
    "label": "glioma",
    "probabilities": {"glioma": 0.9, "meningioma": 0.1},
    "certain": True,
    "malignancy": {"label": "malignant", "probability": 0.9},
    "measurements": {
        "longest_diameter": 24,
        "short_axis": 12,
        "area": 200,
        "unit": "mm",
        "circularity": 0.8,
        "eccentricity": 0.5,
        "solidity": 0.9,
        "location": "left",
    },
    "contour": [[0, 0], [3, 0], [3, 3]],
}


@pytest.fixture
def policy() -> Callable[..., Policy]:
    """Rules of these names, "all" if none is given, that tell the folder; `changes` hold for each."""

    def make(*names: str, **changes: object) -> Policy:
        tables = [{"name": name, "send": ["folder"]} | changes for name in names or ("all",)]
        return Policy(tuple(Rule.model_validate(table) for table in tables))

    return make


@pytest.fixture
def settle(write: Call, positive: Callable[..., StoredResult]) -> Callable[..., list[Settled]]:
    """Claim these scans and finish each with a glioma; gives what each finish gave."""

    def run(scan_ids: list[int], policy: Policy, urgency: float = 0.9) -> list[Settled]:
        claims = write(claim, scan_ids, "w", 30)
        return [write(finish, one, positive(one, urgency), policy) for one in claims]

    return run
