"""What the queue's daily work costs: a handful of statements, each by an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from shared.database import Database
from shared.states import ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.batches import get_batch
from shared.store.claims import claim, claim_waiting, finish, renew
from shared.store.depth import queue_depth
from shared.store.forecast import Forecast, ended_within, forecast
from shared.store.scans import ScanOrder, list_scans, mark_queued
from shared.store.sweep import recover_expired, unsent

Call = Callable[..., Any]
Statement = tuple[str, Any]


@contextmanager
def statements() -> Iterator[list[Statement]]:
    """What is sent to the database meanwhile, beginning a transaction not counted."""
    sent: list[Statement] = []

    def note(_connection: object, _cursor: object, sql: str, parameters: object, *_: object) -> None:
        if not sql.startswith(("BEGIN", "PRAGMA")):
            sent.append((sql, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_the_daily_work_takes_a_handful_of_statements(write: Call, new_batch: Call, result_of: Call) -> None:
    batch_id = new_batch()
    files = [NewScan(f"{number}.png", f"{number:064x}", 1) for number in range(1000)]
    with statements() as adding:
        ids = [scan.scan_id for scan in write(add_scans, batch_id, files)]
    with statements() as sending:
        write(mark_queued, ids)
    with statements() as claiming:
        claims = write(claim, ids[:16], "w", 30)
    with statements() as topping_up:
        write(claim_waiting, 16, "w", 30)
    with statements() as renewing:
        write(renew, claims, 30)
    with statements() as finishing:
        assert write(finish, claims[0], result_of(claims[0])).ours
    counts = [len(sent) for sent in (adding, sending, claiming, topping_up, renewing, finishing)]
    assert all(found <= most for found, most in zip(counts, [8, 8, 5, 7, 3, 7], strict=True)), counts


def test_progress_is_one_row_however_many_scans_there_are(read: Call, add: Call, new_batch: Call) -> None:
    batch_id = new_batch()
    add(50, batch_id)
    with statements() as sent:
        assert read(get_batch, batch_id).total == 50
    assert len(sent) == 1
    assert "scans" not in sent[0][0]


def forecast_of_waiting_scans(session: Session) -> Forecast:
    """The forecast for a routine batch with waiting scans, which asks all it can ask."""
    return forecast(session, get_batch(session, 1))


@pytest.mark.parametrize(
    ("function", "arguments", "index"),
    [
        (claim_waiting, (16, "w", 30), "ix_scans_claim"),
        (recover_expired, (), "ix_scans_lease"),
        (queue_depth, (), "ix_scans_age"),
        (unsent, (60,), "ix_scans_unsent"),
        (unsent, (60, 10, 60), "ix_scans_claim"),
        (list_scans, (1, None, ScanOrder.WORKLIST, "-0.5_3"), "ix_scans_worklist"),
        (list_scans, (1, None, ScanOrder.ID, "3"), "ix_scans_batch_id_id"),
        (list_scans, (1, ScanState.FAILED, ScanOrder.ID, "3"), "ix_scans_batch_id_state_id"),
        (ended_within, (3600,), "ix_scans_finished"),
        (forecast_of_waiting_scans, (), "ix_scans_finished"),
        (forecast_of_waiting_scans, (), "ix_scans_claim"),
        (forecast_of_waiting_scans, (), "ix_scans_batch_id_state_id"),
    ],
)
def test_the_queues_questions_read_no_more_than_their_answer(
    sqlite_database: str, function: Call, arguments: tuple[object, ...], index: str
) -> None:
    database = Database(sqlite_database)
    with database.write() as session:
        session.execute(text(ONE_BATCH))
        session.execute(text(TWO_SCANS))
    with statements() as sent, database.write() as session:
        function(session, *arguments)
    plans = [plan for sql, parameters in sent if "FROM scans" in sql for plan in explained(database, sql, parameters)]
    assert any(index in plan for plan in plans), plans
    assert not any(plan.startswith("SCAN scans") and "USING" not in plan for plan in plans), plans
    if function is not unsent:
        assert not any("TEMP B-TREE" in plan for plan in plans), plans
    database.dispose()


ONE_BATCH = """
INSERT INTO batches
VALUES (1, 'night', 'routine', 'open', NULL, '2026-01-01', NULL, '2026-01-01', 1, 1, 1, 0, 0, 0, 0, 0)
"""
TWO_SCANS = """
INSERT INTO scans (batch_id, path, sha256, size, state, priority, attempt, solo, solo_attempts, waiting_since, rank,
  created_at, updated_at)
VALUES (1, 'a', '', 1, 'received', 'routine', 0, 0, 0, '2026-01-01', 1, '2026-01-01', '2026-01-01'),
  (1, 'b', '', 1, 'queued', 'routine', 0, 0, 0, '2026-01-01', 1, '2026-01-01', '2026-01-01')
"""


def explained(database: Database, sql: str, parameters: Any) -> list[str]:
    """The steps by which SQLite would answer."""
    with database.read() as session:
        rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return [row[3] for row in rows]
