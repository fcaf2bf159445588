from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from shared.database import Database
from shared.errors import DatabaseUnavailableError
from shared.migrations import config


def tables(database: Database) -> set[str]:
    with database.read() as session:
        return set(inspect(session.connection()).get_table_names())


def test_the_newest_revision_equals_the_tables(empty_database: Database) -> None:
    empty_database.migrate()
    with empty_database.write() as session:
        command.check(config(session.connection()))


def test_migrating_again_changes_nothing(empty_database: Database) -> None:
    empty_database.migrate()
    with empty_database.write() as session:
        insert = "INSERT INTO results VALUES (1, 'a', 'r', 'done', '{}', '{}', '2026-03-01')"
        session.execute(text(insert))
    empty_database.migrate()
    with empty_database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM results")) == 1


def test_processes_that_migrate_together_wait_for_each_other(empty_database: Database) -> None:
    errors: list[Exception] = []

    def migrate() -> None:
        try:
            empty_database.migrate()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {"batches", "scans", "results", "scan_events"} <= tables(empty_database)


def test_a_migration_that_fails_leaves_nothing_behind(postgres_url: str, tmp_path: Path) -> None:
    for database in (Database(f"sqlite:///{tmp_path / 'x.db'}"), Database(postgres_url)):
        with database.write() as session:
            session.execute(text("CREATE TABLE scan_events (id INTEGER)"))
        with pytest.raises((DatabaseUnavailableError, DBAPIError)):
            database.migrate()
        assert tables(database) == {"scan_events"}
        with database.write() as session:
            session.execute(text("DROP TABLE scan_events"))
        database.dispose()


def test_what_was_migrated_can_be_taken_back(empty_database: Database) -> None:
    empty_database.migrate()
    with empty_database.write() as session:
        command.downgrade(config(session.connection()), "base")
    assert tables(empty_database) == {"alembic_version"}


def test_results_from_before_the_findings_were_counted_are_counted_now(empty_database: Database) -> None:
    empty_database.migrate()
    with empty_database.write() as session:
        command.downgrade(config(session.connection()), "0001")
        session.execute(text(ONE_BATCH))
        session.execute(text(RESULTS), [{"id": number, "result": result} for number, result in OLD_RESULTS.items()])
        session.execute(text(SCANS), [{"id": number, "result_id": number} for number in OLD_RESULTS])
        session.execute(text(SCANS), {"id": 4, "result_id": None})
    with updates_of_scans() as plans, empty_database.write() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))  # it would read so few rows without any index
        command.upgrade(config(session.connection()), "head")
    with empty_database.read() as session:
        rows = session.execute(text("SELECT id, findings, in_doubt FROM scans ORDER BY id")).all()
        assert [(number, findings, doubt if doubt is None else bool(doubt)) for number, findings, doubt in rows] == [
            (1, 0, False),
            (2, 1, False),
            (3, 2, True),
            (4, None, None),
        ]
    assert plans
    assert all("ix_scans_filling" in plan for plan in plans), plans
    with empty_database.write() as session:
        command.check(config(session.connection()))


def finding(reported: bool = True, certain: bool = True, label: str = "malignant") -> dict[str, object]:
    return {"reported": reported, "certain": certain, "malignancy": {"label": label}}


OLD_RESULTS = {
    1: json.dumps({"status": "rejected"}),
    2: json.dumps({"status": "done", "findings": [finding(), finding(reported=False, certain=False)]}),
    3: json.dumps({"status": "done", "findings": [finding(), finding(label="uncertain")]}),
}
ONE_BATCH = """
INSERT INTO batches
VALUES (1, 'a', 'routine', 'closed', NULL, '2026-01-01', '2026-01-01', '2026-01-01', 1, 1, 0, 0, 3, 0, 0, 0)
"""
RESULTS = "INSERT INTO results VALUES (:id, CAST(:id AS TEXT), 'r', 'done', :result, '{}', '2026-01-01')"
SCANS = """
INSERT INTO scans (id, batch_id, path, sha256, size, state, priority, attempt, solo, solo_attempts, waiting_since,
  result_id, rank, created_at, updated_at)
VALUES (:id, 1, CAST(:id AS TEXT), '', 1, 'done', 'routine', 1, false, 0, '2026-01-01', :result_id, 1, '2026-01-01',
  '2026-01-01')
"""


@contextmanager
def updates_of_scans() -> Iterator[list[str]]:
    """How the database finds the rows of each UPDATE of scans meanwhile."""
    plans: list[str] = []

    def note(connection: Connection, _cursor: object, sql: str, parameters: Any, _context: object, many: bool) -> None:
        if sql.startswith("UPDATE scans"):
            word = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
            rows = connection.exec_driver_sql(f"{word} {sql}", parameters[0] if many else parameters)
            plans.append(" ".join(str(column) for row in rows for column in row))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_database_that_was_read_before_can_be_migrated(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'read.db'}")
    database.ping()
    database.migrate()
    assert "scans" in tables(database)
    database.dispose()
