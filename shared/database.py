"""The connection to SQLite or PostgreSQL: short read and write transactions, and the schema's migrations."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from shared.errors import DatabaseUnavailableError, SettingsError

BUSY_SECONDS = 10
"""How long a SQLite transaction waits for the one writer before it."""

BUSY_PAUSE_SECONDS = 0.02
"""Between two tries where SQLite does not wait by itself."""

MIGRATION_LOCK = 0x6F6E636F
"""Key of the PostgreSQL advisory lock that lets one process migrate at a time."""

# Either side notices within a minute that the other is gone without a word; the kernel's defaults take hours.
# Keepalives speak only on a quiet connection: while sent data is unacknowledged, tcp_user_timeout (ms) counts.
LIVENESS: dict[str, str | int] = {
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
SERVER_LIVENESS = (
    "-c idle_in_transaction_session_timeout=60s"
    " -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)
READ_ONLY = "25006"
"""SQLSTATE of a write to a server that takes none, such as one that a failover has made a standby."""


class Database:
    """One database and its pool of connections. Make one per process, after any fork."""

    def __init__(self, url: str, *, durable: bool = False) -> None:
        """`durable`: what is committed outlasts a power cut too, where SQLite by itself promises a crash of ours only.

        It costs a sync of the disk a commit. PostgreSQL does so anyway.
        """
        self._url = _with_driver(url)
        self._writing = _engine(self._url, "FULL" if durable else "NORMAL")
        self._reading = self._writing.execution_options(reading=True, postgresql_readonly=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads. Raises DatabaseUnavailableError."""
        with _transaction(self._reading) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that writes: committed at the end of the block, rolled back on an error.

        Raises DatabaseUnavailableError.
        """
        try:
            with _transaction(self._writing) as session:
                yield session
        except InternalError as error:
            if getattr(error.orig, "sqlstate", None) != READ_ONLY:
                raise
            self.dispose()  # The next connection may reach the server that writes.
            raise DatabaseUnavailableError("The database takes no writes just now.") from error

    def migrate(self) -> None:
        """Bring the schema to the newest revision; processes that call it together wait for each other.

        Raises DatabaseUnavailableError.
        """
        # Alembic takes 11 MB and half a second, and most processes never migrate.
        from shared.migrations import upgrade

        if self._url.get_backend_name() == "sqlite":
            _prepare_file(self._url, self._writing)
        with self.write() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            upgrade(session.connection())

    def ping(self) -> None:
        """Raises DatabaseUnavailableError where the database does not answer."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self._writing.dispose()


@contextmanager
def _transaction(engine: Engine) -> Iterator[Session]:
    try:
        with Session(engine) as session, session.begin():
            yield session
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnavailableError(f"The database does not answer: {_first_line(error.orig)}") from error
    except PoolTimeoutError as error:
        raise DatabaseUnavailableError("All connections to the database are in use.") from error


def _first_line(error: BaseException | None) -> str:
    return str(error).partition("\n")[0]


def _with_driver(address: str) -> URL:
    """`postgres://` and `postgresql://` are served by psycopg 3, which SQLAlchemy must be told."""
    url = make_url(address)
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in {"postgresql", "sqlite"}:
        raise SettingsError("The database must be SQLite or PostgreSQL: sqlite:///... or postgresql://...")
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        raise SettingsError("The SQLite database must be a file: several processes share it.")
    return url


def _engine(url: URL, synchronous: str) -> Engine:
    if url.get_backend_name() == "postgresql":
        arguments = LIVENESS | {"options": f"{SERVER_LIVENESS} {_options(url)}"}
        return create_engine(url, pool_pre_ping=True, connect_args=arguments, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", partial(_set_up_sqlite, synchronous))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _options(url: URL) -> str:
    """The server options in the address, which the driver would drop for ours; where both set one, theirs holds."""
    return " ".join(url.normalized_query.get("options", ()))


def _set_up_sqlite(synchronous: str, connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Transactions are begun by `_begin_sqlite`; the driver of itself would begin them late and deferred."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA synchronous = {synchronous}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: a read that turns into a write fails at once, whatever the busy timeout."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reading)}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _prepare_file(url: URL, engine: Engine) -> None:
    """Make the folder, private to its owner, and turn on write-ahead logging, which the file remembers.

    Raises DatabaseUnavailableError.
    """
    Path(str(url.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA query_only = 0")
            _log_ahead(connection.cursor())
    except sqlite3.OperationalError as error:
        raise DatabaseUnavailableError(f"The database does not answer: {_first_line(error)}") from error


def _log_ahead(cursor: DBAPICursor) -> None:
    """Waits for whoever reads or writes the file just now: SQLite's own busy timeout does not hold for this change."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
        time.sleep(BUSY_PAUSE_SECONDS)
