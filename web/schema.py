"""Bringing the database's schema up to date when the server starts, whether or not the database answers then."""

from __future__ import annotations

import logging
import threading
import time

from shared.database import Database
from shared.errors import DatabaseUnavailableError
from shared.store.batches import list_batches

RETRY_SECONDS = 2.0

logger = logging.getLogger(__name__)


def migrate_once(address: str) -> None:
    """Migrate if the database answers. Run before the server process takes over: what this loads is then forgotten."""
    database = Database(address)
    try:
        database.migrate()
    except DatabaseUnavailableError:
        logger.warning("database_away_at_start")
    finally:
        database.dispose()


def migrate_in_background(database: Database) -> None:
    """Where there are no tables yet, because the database was away, keep trying in a thread until there are."""
    threading.Thread(target=_until_there, args=(database,), name="migrate", daemon=True).start()


def has_tables(database: Database) -> bool:
    """Whether the database answers and has our tables."""
    try:
        with database.read() as session:
            list_batches(session, limit=1)
    except DatabaseUnavailableError:
        return False
    return True


def _until_there(database: Database) -> None:
    while not has_tables(database):
        try:
            database.migrate()
        except DatabaseUnavailableError:
            time.sleep(RETRY_SECONDS)
