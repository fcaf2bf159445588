from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text
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


def test_a_database_that_was_read_before_can_be_migrated(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'read.db'}")
    database.ping()
    database.migrate()
    assert "scans" in tables(database)
    database.dispose()
