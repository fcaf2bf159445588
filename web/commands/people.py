"""What the commands for accounts and tokens share: the database, names, and words for scopes and times."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from sqlalchemy.exc import ProgrammingError

from shared.database import Database
from shared.errors import DatabaseUnavailableError, SettingsError
from shared.settings import load_settings
from shared.states import Scope
from shared.store.accounts import has_accounts

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")


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
def opened_database() -> Iterator[Database]:
    """The database that the settings name. Raises SettingsError where it has no tables, DatabaseUnavailableError."""
    database = Database(load_settings().database_address)
    try:
        _require_tables(database)
        yield database
    finally:
        database.dispose()


def _require_tables(database: Database) -> None:
    database.ping()
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
