"""The schema's revisions. A new one, from what changed in `shared.tables`:

alembic -c shared/migrations/alembic.ini revision --autogenerate -m "Add deliveries"
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def config(connection: Connection) -> Config:
    """Alembic's settings for work on this connection."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection) -> None:
    """Apply the revisions that are missing, inside the transaction that the connection is in."""
    command.upgrade(config(connection), "head")
