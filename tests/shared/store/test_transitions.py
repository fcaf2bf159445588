"""The counters and the audit trail agree with the scans, whatever happens in whatever order."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.database import Database
from shared.errors import ConflictError
from shared.schemas import BatchCreate
from shared.states import FINAL, RETRYABLE, WAITING, Priority, ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.batches import cancel_batch, close_batch, create_batch, list_batches, retry_batch
from shared.store.claims import Claim, claim, claim_waiting, fail, finish, release, renew
from shared.store.results import StoredResult
from shared.store.scans import cancel_scan, mark_queued, retry_scan
from shared.store.sweep import recover_expired
from shared.tables import EventRow, ScanRow

S = ScanState
ALLOWED = {
    (None, S.RECEIVED),
    (S.RECEIVED, S.QUEUED),
    (S.RUNNING, S.QUEUED),
    *((state, S.RUNNING) for state in WAITING),
    *((S.RUNNING, state) for state in FINAL),
    *((state, S.CANCELLED) for state in WAITING),
    *((state, S.RECEIVED) for state in RETRYABLE),
}


class RandomWalk:
    """Random operations of submitters, workers, people and the sweep, workers' claims growing stale meanwhile."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.random = random.Random(seed)
        self.scans: list[int] = []
        self.claims: list[Claim] = []
        self.refused: list[str] = []
        with database.write() as session:
            requests = [BatchCreate(name="walk", priority=priority) for priority in (*Priority, Priority.ROUTINE)]
            self.batches = [create_batch(session, request)[0].id for request in requests]

    def step(self) -> None:
        """One operation in one transaction; what the state does not allow people is refused, and changes nothing."""
        operations = [self.add, self.send, self.take, self.take, self.end, self.end, self.end, self.keep]
        operations += [self.person, self.person, self.whole_batch, self.sweep]
        operation = self.random.choice(operations)
        try:
            with self.database.write() as session:
                operation(session)
        except ConflictError:
            self.refused.append(operation.__name__)

    def some_scans(self) -> list[int]:
        return self.random.choices(self.scans, k=self.random.randint(1, 6)) if self.scans else []

    def some_claims(self) -> list[Claim]:
        """Mostly late ones: older claims are mostly stale."""
        return self.random.sample(self.claims[-8:], min(len(self.claims[-8:]), 3))

    def add(self, session: Session) -> None:
        names = [str(self.random.randint(0, 60)) for _ in range(self.random.randint(1, 8))]
        files = [NewScan(name, f"{self.random.randint(0, 1)}{name.zfill(63)}", 1) for name in names]
        added = add_scans(session, self.random.choice(self.batches), files)
        self.scans += [scan.scan_id for scan in added if scan.scan_id is not None]

    def send(self, session: Session) -> None:
        mark_queued(session, self.some_scans())

    def take(self, session: Session) -> None:
        if self.random.random() < 0.5:
            self.claims += claim(session, self.some_scans(), "w", 30)
        else:
            self.claims += claim_waiting(session, self.random.randint(0, 5), "w", 30)

    def end(self, session: Session) -> None:
        for held in self.some_claims():
            if self.random.random() < 0.7:
                finish(session, held, self.result(held))
            else:
                fail(session, held, "ours")

    def result(self, held: Claim) -> StoredResult:
        status = self.random.choice(["done", "rejected"])
        return StoredResult(held.sha256, "r", f'{{"status": "{status}", "urgency": {self.random.random()}}}', {})

    def keep(self, session: Session) -> None:
        self.random.choice(
            [lambda: renew(session, self.some_claims(), 30), lambda: release(session, self.some_claims())]
        )()

    def person(self, session: Session) -> None:
        for scan_id in self.some_scans()[:1]:
            self.random.choice([cancel_scan, retry_scan])(session, scan_id)

    def whole_batch(self, session: Session) -> None:
        if self.random.random() < 0.3:
            self.random.choice([cancel_batch, retry_batch, close_batch])(session, self.random.choice(self.batches))

    def sweep(self, session: Session) -> None:
        recover_expired(session, datetime.now(UTC) + timedelta(seconds=self.random.choice([0, 31])))


def counters(session: Session) -> dict[int, dict[str, int]]:
    return {batch.id: batch.counts.model_dump() for batch in list_batches(session, limit=100).items}


def recounted(session: Session) -> dict[int, dict[str, int]]:
    query = select(ScanRow.batch_id, ScanRow.state, func.count()).group_by(ScanRow.batch_id, ScanRow.state)
    found: defaultdict[int, dict[str, int]] = defaultdict(lambda: {state.value: 0 for state in ScanState})
    for batch_id, state, number in session.execute(query):
        found[batch_id][state.value] = number
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_counters_equal_a_count_of_the_scans_after_any_operations(database: Database, seed: int) -> None:
    walk = RandomWalk(database, seed)
    for _ in range(120):
        walk.step()
        with database.read() as session:
            shown, real = counters(session), recounted(session)
            assert {batch_id: counts for batch_id, counts in shown.items() if any(counts.values())} == real
    assert {"person"} <= set(walk.refused) <= {"add", "person"}, "A worker that lost a race is refused nothing."
    with database.read() as session:
        seen = Counter(row.to_state for row in session.query(EventRow))
    assert set(seen) == set(ScanState), "The walk must reach every state to show anything."


@pytest.mark.parametrize("seed", range(3, 5))
def test_the_audit_trail_is_an_unbroken_chain_of_allowed_changes(database: Database, seed: int) -> None:
    walk = RandomWalk(database, seed)
    for _ in range(120):
        walk.step()
    chains: defaultdict[int, list[EventRow]] = defaultdict(list)
    with database.read() as session:
        for event in session.query(EventRow).order_by(EventRow.id):
            chains[event.scan_id].append(event)
        rows = session.query(ScanRow).all()
        assert {row.id for row in rows} == set(chains)
        for row in rows:
            chain = chains[row.id]
            states = [None, *(event.to_state for event in chain)]
            assert [event.from_state for event in chain] == states[:-1]
            assert row.state is states[-1]
            assert {(event.from_state, event.to_state) for event in chain} <= ALLOWED
            attempts = [event.attempt for event in chain if event.to_state is S.RUNNING]
            assert attempts == list(range(1, row.attempt + 1))
