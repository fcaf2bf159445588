"""`oncoqueue migrate`: the database brought to this version, once, before the processes of several hosts start."""

from __future__ import annotations

import click

from shared.database import Database
from shared.settings import load_settings


@click.command()
def migrate() -> None:
    """Create the database's tables, or bring them to this version. `oncoqueue up` does this by itself."""
    database = Database(load_settings().database_address)
    try:
        database.migrate()
    finally:
        database.dispose()
    click.echo("The database is at this version.")
