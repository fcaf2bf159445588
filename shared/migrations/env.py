"""Runs revisions on the connection of Database.migrate(), or on the configured database for the `alembic` command."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from shared.database import Database
from shared.settings import load_settings
from shared.tables import Base, UtcDateTime


def plain_types(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """A revision stays as it is when our classes change, so it speaks of SQLAlchemy's own types only."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    """Batch mode: SQLite cannot alter a table, so Alembic copies it. Its DDL is transactional, all the same."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=plain_types,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is None:
    with Database(load_settings().database_address).write() as session:
        run(session.connection())
else:
    run(given)
