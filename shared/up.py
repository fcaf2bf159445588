"""`oncoqueue up`: the whole stack on this machine until Ctrl-C."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from shared.alerting.rules import load_policy
from shared.errors import StartError
from shared.outlook import outlook
from shared.settings import Settings, load_settings
from shared.signals import stop_on_signals
from shared.stack import Stack, running_stack

TEND_SECONDS = 0.5


@click.command()
@click.option("--host", help="Address to listen on. [default: ONCOQUEUE_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 picks a free one. [default: ONCOQUEUE_PORT or 8077]")
def up(host: str | None, port: int | None) -> None:
    """Start Redis, database, web server, workers and beat; stop all of them on Ctrl-C or SIGTERM.

    ONCOQUEUE_REDIS_URL and ONCOQUEUE_DATABASE_URL name servers to use instead of the built-in ones.
    """
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings().model_copy(update=given)
    load_policy(settings)  # before anything starts: a rule that will not do is one sentence, not the end of a log
    stop = stop_on_signals()
    click.echo("Starting Redis, database, web server and workers ...", err=True)
    try:
        with running_stack(settings, give_up=stop.is_set) as stack:
            show(stack)
            while not stop.wait(TEND_SECONDS):
                for event in stack.tend():
                    click.echo(event, err=True)
            click.echo("Stopping. Press Ctrl-C again to kill.", err=True)
            signal.signal(signal.SIGINT, lambda *_: stack.kill())
    except StartError:
        if not stop.is_set():
            raise


def show(stack: Stack) -> None:
    """Print where everything is."""
    rows = {
        "Web": stack.address,
        "Data": str(stack.settings.data_dir),
        "Database": shown_database(stack.settings),
        "Redis": shown_redis(stack.settings),
        **outlook(stack.settings),
        "Logs": f"{stack.logs}/*.log",
    }
    if not sys.stdout.isatty():
        for name, where in rows.items():
            click.echo(f"{name}: {where}")
        sys.stdout.flush()
        return
    table = Table("Part", "Where", title="OncoQueue is up. Research use only.")
    for name, where in rows.items():
        table.add_row(name, where)
    Console().print(table)
    click.echo("Ctrl-C stops it.")


def shown_database(settings: Settings) -> str:
    """The database's address without its password."""
    return make_url(settings.database_address).render_as_string(hide_password=True)


def shown_redis(settings: Settings) -> str:
    """The embedded server's socket, or another server's address without its password."""
    if settings.redis_url is None:
        return f"{Path(settings.redis_socket)} (embedded)"
    return make_url(settings.redis_url).render_as_string(hide_password=True)
