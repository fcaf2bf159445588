"""What the commands for accounts and tokens share: the database, names, and words for scopes and times."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError

from shared.database import Database
from shared.errors import DatabaseUnavailableError, SettingsError
from shared.settings import Settings, load_settings
from shared.states import Scope
from shared.store.accounts import has_accounts

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
SERVERS = "This command needs the settings of the server"


class Name(click.ParamType):
    """A name of an account or a token; small letters, whatever was typed."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuses what would be unclear in a log or a table."""
        lowered = value.strip().lower()
        if NAME.fullmatch(lowered) is None:
            self.fail("use 1 to 64 of the letters a to z, digits and . _ @ + -, beginning with a letter or digit.")
        return lowered


@contextmanager
def opened_database(create: bool = False) -> Iterator[Database]:
    """The database that the settings name; with `create` that of the data folder is made where there is none yet.

    Raises SettingsError where it is not there, does not answer or has no tables, and DatabaseUnavailableError.
    """
    settings = load_settings()
    file = _missing_file(settings)
    if file is not None and not (create and settings.database_url is None):
        wanted = "ONCOQUEUE_DATA_DIR" if settings.database_url is None else "ONCOQUEUE_DATABASE_URL"
        raise SettingsError(f"There is no database {file} yet: 'oncoqueue migrate' makes it. {SERVERS}: {wanted}.")
    database = Database(settings.database_address)
    try:
        if file is not None:
            database.migrate()
            click.echo(f"Made the database {file}, which 'oncoqueue up' will use.", err=True)
        _require_answer(database, settings)
        _require_tables(database)
        yield database
    finally:
        database.dispose()


def _missing_file(settings: Settings) -> Path | None:
    """The file of a SQLite database that is not there yet."""
    url = make_url(settings.database_address)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    file = Path(url.database)
    return None if file.exists() else file


def _require_answer(database: Database, settings: Settings) -> None:
    try:
        database.ping()
    except DatabaseUnavailableError as error:
        where = make_url(settings.database_address).render_as_string(hide_password=True)
        cure = "ONCOQUEUE_DATA_DIR, ONCOQUEUE_DATABASE_URL"
        raise SettingsError(
            f"The database {where} cannot be used: {str(error).rstrip('.')}. {SERVERS}: {cure}."
        ) from error


def _require_tables(database: Database) -> None:
    try:
        with database.read() as session:
            has_accounts(session)
    except (DatabaseUnavailableError, ProgrammingError) as error:
        raise SettingsError("The database has no tables of this version: run 'oncoqueue migrate' first.") from error


def in_words(scopes: Collection[Scope]) -> str:
    """Scopes for a table."""
    return " ".join(scope for scope in Scope if scope in scopes)


def moment(when: datetime | None) -> str:
    """A time for a table, in UTC."""
    return "never" if when is None else f"{when:%Y-%m-%d %H:%M} UTC"
