"""`oncoqueue check`: whether this process's servers can be reached; a container's health check."""

from __future__ import annotations

import click

from shared.database import Database
from shared.errors import DatabaseUnavailableError
from shared.settings import load_settings
from shared.stack import redis_answers


@click.command()
def check() -> None:
    """Say whether Redis and the database answer; exit code 1 where one does not."""
    settings = load_settings()
    database = Database(settings.database_address)
    try:
        database.ping()
    except DatabaseUnavailableError as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.dispose()
    if not redis_answers(settings):
        raise click.ClickException("Redis does not answer.")
    click.echo("Redis and the database answer.")
