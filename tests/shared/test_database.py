from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, StatementError

from shared.database import Database
from shared.errors import DatabaseUnavailableError, OncoQueueError, SettingsError
from shared.store.inserts import insert_new
from shared.tables import RESULTS, ResultRow

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def result_row(created_at: datetime, sha256: str = "a" * 64) -> dict[str, object]:
    fixed = {"release": "r", "status": "done", "result": "{}", "images": "{}"}
    return {"sha256": sha256, "created_at": created_at} | fixed


def delete_and_fail(database: Database) -> None:
    with database.write() as session:
        session.execute(text("DELETE FROM results"))
        raise ZeroDivisionError


def test_a_write_is_kept_and_a_failed_one_is_not(database: Database) -> None:
    with database.write() as session:
        session.execute(insert_new(session, RESULTS), [result_row(NOW)])
    with pytest.raises(ZeroDivisionError):
        delete_and_fail(database)
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM results")) == 1


def test_a_reading_transaction_cannot_write(database: Database) -> None:
    with pytest.raises((OncoQueueError, DBAPIError)), database.read() as session:
        session.execute(text("DELETE FROM results"))


def test_a_time_comes_back_the_same_in_utc(database: Database) -> None:
    with database.write() as session:
        here = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
        session.execute(insert_new(session, RESULTS), [result_row(here)])
    with database.read() as session:
        row = session.query(ResultRow).one()
        assert row.created_at == NOW
        assert row.created_at.tzinfo is UTC


def test_times_compare_in_the_database_as_they_do_here(database: Database) -> None:
    times = [NOW, NOW + timedelta(microseconds=1), NOW.replace(microsecond=0), NOW + timedelta(days=1)]
    zones = [timezone(timedelta(hours=hours)) for hours in (-11, 0, 3, 14)]
    rows = [result_row(at.astimezone(zone), str(i) * 64) for i, (at, zone) in enumerate(zip(times, zones, strict=True))]
    with database.write() as session:
        session.execute(insert_new(session, RESULTS), rows)
    with database.read() as session:
        assert [row.created_at for row in session.query(ResultRow).order_by(ResultRow.created_at)] == sorted(times)
        assert session.query(ResultRow).where(ResultRow.created_at > NOW).count() == 2


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"), database.write() as session:
        session.execute(insert_new(session, RESULTS), [result_row(datetime(2026, 3, 1))])


def test_foreign_keys_hold(database: Database) -> None:
    event = "INSERT INTO scan_events (scan_id, at, attempt, to_state) VALUES (77, '2026-03-01', 0, 'received')"
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), database.write() as session:
        session.execute(text(event))


def test_a_state_that_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)check constraint"), database.write() as session:
        session.execute(text("INSERT INTO results VALUES (1, 'a', 'r', 'lost', '{}', '{}', '2026-03-01')"))


def test_a_database_that_was_away_answers_once_it_is_there(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/later/scans.db")
    with pytest.raises(DatabaseUnavailableError):
        database.ping()
    (tmp_path / "later").mkdir()
    database.ping()


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.db", "postgresql://nobody:hunter2@127.0.0.1:1/none?connect_timeout=2"]
)
def test_a_database_that_is_away_is_reported_as_such_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseUnavailableError) as caught:
        Database(url).ping()
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_ends_our_connections_is_weather(postgresql_database: str) -> None:
    database = Database(postgresql_database)
    with pytest.raises(DatabaseUnavailableError), database.write() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    database.ping()
    database.dispose()


def test_a_server_that_became_a_standby_is_weather_and_left_for_the_next_connection(postgresql_database: str) -> None:
    database = Database(postgresql_database)
    alter = f"ALTER DATABASE {make_url(postgresql_database).database} SET default_transaction_read_only"
    with psycopg.connect(postgresql_database, autocommit=True, options="-c default_transaction_read_only=off") as admin:
        admin.execute(f"{alter} = on")
        with pytest.raises(DatabaseUnavailableError, match="takes no writes"), database.write() as session:
            session.execute(text("DELETE FROM results"))
        admin.execute(f"{alter} = off")
    with database.write() as session:
        session.execute(text("DELETE FROM results"))
    database.dispose()


def test_both_sides_notice_that_the_other_is_gone(postgresql_database: str) -> None:
    database = Database(f"{postgresql_database}&options=-csearch_path%3Dtheirs -c work_mem%3D8MB")
    with database.read() as session:
        driver = session.connection().connection.driver_connection
        shown = [session.scalar(text(f"SHOW {name}")) for name in ("idle_in_transaction_session_timeout", "work_mem")]
        assert session.scalar(text("SHOW search_path")) == "theirs"
    assert shown == ["1min", "8MB"]
    assert isinstance(driver, psycopg.Connection)
    assert driver.info.get_parameters()["tcp_user_timeout"] == "30000"
    assert "tcp_keepalives_idle=20" in driver.info.options
    database.dispose()


@pytest.mark.parametrize("url", ["mysql://db/x", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_processes_cannot_share_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        Database(url)


def test_a_new_sqlite_file_gets_a_private_folder_and_write_ahead_logging(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'data' / 'x.db'}")
    database.migrate()
    with database.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 1
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    database.dispose()


def test_a_new_sqlite_file_is_migrated_while_others_want_to_write(tmp_path: Path) -> None:
    path, done = tmp_path / "early.db", threading.Event()

    def keep_writing() -> None:
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
            while not done.is_set():
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")

    with ThreadPoolExecutor(2) as others:
        writers = [others.submit(keep_writing) for _ in range(2)]
        try:
            Database(f"sqlite:///{path}").migrate()
        finally:
            done.set()
        for writer in writers:
            writer.result()
    with Database(f"sqlite:///{path}").read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"


def test_a_writer_that_reads_first_waits_for_another_writer(sqlite_database: str) -> None:
    database = Database(sqlite_database)
    reading, errors = threading.Event(), []

    def other() -> None:
        reading.wait(5)
        try:
            with database.write() as session:
                session.execute(text("SELECT count(*) FROM results"))
                session.execute(insert_new(session, RESULTS), [result_row(NOW, "b" * 64)])
        except DatabaseUnavailableError as error:
            errors.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    with database.write() as session:
        session.execute(text("SELECT count(*) FROM results"))
        reading.set()
        thread.join(0.3)
        session.execute(insert_new(session, RESULTS), [result_row(NOW)])
    thread.join()
    assert errors == []
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM results")) == 2
    database.dispose()


def test_a_reader_is_not_held_up_by_a_writer(database: Database) -> None:
    with database.write() as writer:
        writer.execute(insert_new(writer, RESULTS), [result_row(NOW)])
        with database.read() as reader:
            assert reader.scalar(text("SELECT count(*) FROM results")) == 0
