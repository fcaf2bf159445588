"""`oncoqueue token`: what programs come in with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from shared.states import Scope
from shared.store.tokens import ApiToken, create_token, list_tokens, revoke_token
from web.commands.display import show_table
from web.commands.people import Name, in_words, moment, opened_database

HEADINGS = ("Name", "May", "Made", "Expires", "Last used")
DEFAULT_SCOPES = (Scope.READ, Scope.SUBMIT)
MAX_DAYS = 3650


@click.group()
def token() -> None:
    """Manage the tokens of programs. Works on the database, so run it where the server runs."""


@token.command("create")
@click.argument("name", type=Name())
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do; several times. [default: read and submit]",
)
@click.option("--expires-days", type=click.IntRange(1, MAX_DAYS), default=90, show_default=True)
def create(name: str, scopes: tuple[str, ...], expires_days: int) -> None:
    """Make a token NAME and print it, this once. Programs send it as 'Authorization: Bearer TOKEN'."""
    chosen = {Scope(scope) for scope in scopes} or set(DEFAULT_SCOPES)
    with opened_database(create=True) as database, database.write() as session:
        made, text = create_token(session, name, chosen, timedelta(days=expires_days))
    click.echo(f"{name} may {in_words(made.scopes)} until {moment(made.expires_at)}. Shown this once:", err=True)
    click.echo(text)


@token.command("list")
def show() -> None:
    """List the tokens, without what they are."""
    with opened_database() as database, database.read() as session:
        tokens = list_tokens(session)
    show_table(HEADINGS, [row(each, datetime.now(UTC)) for each in tokens])


@token.command("revoke")
@click.argument("name", type=Name())
def revoke(name: str) -> None:
    """Revoke the token NAME, from now on."""
    with opened_database() as database, database.write() as session:
        revoke_token(session, name)
    click.echo(f"Revoked {name}.")


def row(each: ApiToken, now: datetime) -> tuple[str, ...]:
    """A line of the table."""
    expires = "expired" if each.expires_at <= now else moment(each.expires_at)
    return (each.name, in_words(each.scopes), moment(each.created_at), expires, moment(each.last_used_at))
