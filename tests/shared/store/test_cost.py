"""What the queue's daily work costs: a handful of statements, each by an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from shared.alerting.rules import Policy, Rule
from shared.database import Database
from shared.states import ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.alerts import alert_details, alerts_of_scan, count_open, list_alerts
from shared.store.batches import close_batch, get_batch
from shared.store.claims import Claim, claim, claim_waiting, finish, renew
from shared.store.deliveries import claim_delivery, delivered, due_channels, hand_over, recover_deliveries
from shared.store.depth import queue_depth
from shared.store.digests import raise_digests
from shared.store.escalation import escalate_due
from shared.store.forecast import Forecast, ended_within, forecast
from shared.store.results import StoredResult
from shared.store.scans import ScanOrder, list_scans, mark_queued
from shared.store.sweep import recover_expired, unsent

Call = Callable[..., Any]
ONE_RULE = Policy((Rule.model_validate({"name": "all", "send": ["folder"]}),))
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


def test_an_alert_costs_a_write_back_only_where_it_is_raised(
    write: Call, add: Call, positive: Call, result_of: Call, policy: Call
) -> None:
    silent, healthy, urgent, digested = write(claim, add(4), "w", 30)
    to_many = policy("a", "b", send=["folder", *(f"slack:ward-{number}" for number in range(20))])

    def cost(claimed: Claim, stored: StoredResult, *rules: Policy) -> int:
        with statements() as sent:
            assert write(finish, claimed, stored, *rules).ours
        return len(sent)

    least = cost(silent, result_of(silent))
    assert cost(healthy, result_of(healthy), to_many) == least + 1  # whether the batch's digest is due now
    assert cost(digested, positive(digested, 0.5), to_many) == least + 2
    assert cost(urgent, positive(urgent), to_many) == least + 6


def test_a_digest_costs_the_same_however_many_scans_it_is_about(
    write: Call, add: Call, new_batch: Call, settle: Call, policy: Call
) -> None:
    def cost(scans: int) -> int:
        batch_id = new_batch()
        settle(add(scans, batch_id), policy(), 0.5)
        write(close_batch, batch_id)
        with statements() as sent:
            assert write(raise_digests, policy()) == {"folder"}
        return len(sent)

    assert cost(1) == cost(20) <= 10


def test_a_sender_s_work_takes_a_handful_of_statements(write: Call, add: Call, settle: Call, policy: Call) -> None:
    settle(add(1), policy(send=["folder", "slack:ward"]))
    with statements() as claiming:
        claimed = write(claim_delivery, "slack", 60)
    with statements() as handing:
        assert write(hand_over, claimed, 60)
    with statements() as sending:
        assert write(delivered, claimed)
    counts = [len(sent) for sent in (claiming, handing, sending)]
    assert all(found <= most for found, most in zip(counts, [3, 2, 3], strict=True)), counts


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


@pytest.mark.parametrize(
    ("function", "arguments", "index"),
    [
        (claim_delivery, ("folder", 60), "ix_deliveries_due (channel=? AND due_at<?)"),
        (due_channels, (), "ix_deliveries_due"),
        (recover_deliveries, (), "ix_deliveries_lease (lease_until<?)"),
        (escalate_due, (), "ix_alerts_escalate (escalate_at"),
        (count_open, (), "ix_alerts_open"),
        (list_alerts, (True, "9"), "ix_alerts_open"),
        (alert_details, (1,), "ix_alert_events_alert_id_id (alert_id=?)"),
        (alert_details, (1,), "sqlite_autoindex_deliveries_1 (alert_id=?)"),
        (alerts_of_scan, (1,), "ix_alerts_result_id (result_id=?)"),
        (raise_digests, (ONE_RULE,), "ix_alert_matches_undigested"),
        (raise_digests, (ONE_RULE, [1]), "ix_alert_matches_undigested (batch_id=?)"),
        (raise_digests, (ONE_RULE,), "batches USING INTEGER PRIMARY KEY"),
    ],
)
def test_the_questions_about_alerts_read_no_more_than_their_answer(
    sqlite_database: str, function: Call, arguments: tuple[object, ...], index: str
) -> None:
    database = Database(sqlite_database)
    with database.write() as session:
        session.execute(text(ONE_BATCH))
        session.execute(text(TWO_SCANS))
        session.execute(text(ONE_ALERT))
    with statements() as sent, database.write() as session:
        function(session, *arguments)
    read = [(sql, parameters) for sql, parameters in sent if sql.startswith("SELECT")]
    plans = [plan for sql, parameters in read for plan in explained(database, sql, parameters)]
    assert any(index in plan for plan in plans), plans
    assert not any(plan.startswith("SCAN") and "USING" not in plan for plan in plans), plans
    database.dispose()


ONE_ALERT = """
INSERT INTO alerts (id, subject, kind, rules, batch_id, scan_id, ladder, rung, last_at_once, created_at)
VALUES (1, 'result:1', 'at once', '[]', 1, 1, '[]', 0, 0, '2026-01-01')
"""


def explained(database: Database, sql: str, parameters: Any) -> list[str]:
    """The steps by which SQLite would answer."""
    with database.read() as session:
        rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return [row[3] for row in rows]
