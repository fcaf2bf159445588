"""The connection to SQLite or PostgreSQL: short read and write transactions, and the schema's migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session


class Database:
    """One database and its pool of connections. Make one per process, after any fork."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads. Raises DatabaseUnavailableError."""
        raise NotImplementedError
        yield

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that writes: committed at the end of the block, rolled back on an error.

        Raises DatabaseUnavailableError.
        """
        raise NotImplementedError
        yield

    def migrate(self) -> None:
        """Bring the schema to the newest revision; processes that call it together wait for each other."""
        raise NotImplementedError

    def ping(self) -> None:
        """Raises DatabaseUnavailableError where the database does not answer."""
        raise NotImplementedError

    def dispose(self) -> None:
        """Close all connections."""
        raise NotImplementedError
