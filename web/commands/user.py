"""`oncoqueue user`: who may log in."""

from __future__ import annotations

import sys

import click

from shared.database import Database
from shared.errors import ConflictError, NotFoundError
from shared.states import Scope
from shared.store.accounts import add_account, find_account, list_accounts, remove_account, set_password
from web.access.passwords import MAX_CHARS, MIN_CHARS, Passwords, complaint_about
from web.commands.display import show_table
from web.commands.people import Name, in_words, moment, opened_database

HEADINGS = ("Name", "May", "Since", "Last login")

from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.group()
def user() -> None:
    """Manage the accounts of people who log in. Works on the database, so run it where the server runs."""


@user.command("add")
@click.argument("name", type=Name())
@click.option("--read-only", is_flag=True, help="May look, but not submit, cancel, retry or acknowledge.")
@from_stdin
def add(name: str, read_only: bool, password_stdin: bool) -> None:
    """Add an account NAME; asks for its password."""
    scopes = {Scope.READ} if read_only else set(Scope)
    with opened_database(create=True) as database:
        require_free(database, name)
        kept = Passwords().hash(ask(password_stdin))
        with database.write() as session:
            add_account(session, name, kept, scopes)
    click.echo(f"Added {name}.")


@user.command("password")
@click.argument("name", type=Name())
@from_stdin
def password(name: str, password_stdin: bool) -> None:
    """Give the account NAME a new password; all its logins end."""
    with opened_database() as database:
        require_known(database, name)
        kept = Passwords().hash(ask(password_stdin))
        with database.write() as session:
            set_password(session, name, kept)
    click.echo(f"{name} has a new password; all logins have ended.")


@user.command("list")
def show() -> None:
    """List the accounts."""
    with opened_database() as database, database.read() as session:
        accounts = list_accounts(session)
    rows = [
        (each.name, in_words(each.scopes), moment(each.created_at), moment(each.last_login_at)) for each in accounts
    ]
    show_table(HEADINGS, rows)


@user.command("remove")
@click.argument("name", type=Name())
def remove(name: str) -> None:
    """Remove the account NAME; its logins end."""
    with opened_database() as database, database.write() as session:
        remove_account(session, name)
    click.echo(f"Removed {name}.")


def require_free(database: Database, name: str) -> None:
    """Raises ConflictError where the name is taken: said before anybody thinks of a password."""
    with database.read() as session:
        if find_account(session, name) is not None:
            raise ConflictError(f"There is already an account {name}; 'oncoqueue user password {name}' changes it.")


def require_known(database: Database, name: str) -> None:
    """Raises NotFoundError where there is no such account."""
    with database.read() as session:
        if find_account(session, name) is None:
            raise NotFoundError("account", name)


def ask(from_stdin: bool) -> str:
    """The password, typed twice or from standard input. Raises UsageError for one that will not do."""
    if from_stdin:
        # A character more than allowed, so that one too long is refused and not cut.
        given = sys.stdin.readline(MAX_CHARS + 2).rstrip("\r\n")
    else:
        given = click.prompt(f"Password (at least {MIN_CHARS} characters)", hide_input=True, confirmation_prompt=True)
    if complaint := complaint_about(given):
        raise click.UsageError(complaint)
    return given
