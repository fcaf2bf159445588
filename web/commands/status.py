"""`oncoqueue status`: how far batches are."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from shared.schemas import BatchView
from shared.settings import load_settings
from shared.states import BatchState
from web.client import Client
from web.client.api import LONG_PATIENCE_SECONDS, PATIENCE_SECONDS
from web.commands.display import describe_counts, show_table, show_until_finished
from web.commands.exits import HELP, Exit, judge

NEWEST = 20


@click.command(epilog=HELP)
@click.argument("batch_id", metavar="[BATCH]", required=False, type=click.IntRange(1))
@click.option("--watch", is_flag=True, help="Wait, and show progress, until the batch is finished.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: an object for BATCH, else a list.")
def status(batch_id: int | None, watch: bool, as_json: bool) -> None:
    """Show how far BATCH is, or the newest batches."""
    if watch and batch_id is None:
        raise click.UsageError("--watch needs a BATCH.")
    patience = LONG_PATIENCE_SECONDS if watch else PATIENCE_SECONDS
    with Client.from_settings(load_settings(), patience) as client:
        if batch_id is None:
            show_batches(client.batches(NEWEST), as_json)
            return
        batch = watched(client, batch_id) if watch else client.batch(batch_id)
    if as_json:
        click.echo(batch.model_dump_json())
    else:
        show_batches([batch], as_json)
    sys.exit(judge(batch) if watch else Exit.ALL_DONE)


def watched(client: Client, batch_id: int) -> BatchView:
    """The batch once it is finished."""
    try:
        return show_until_finished(client.watch(batch_id))
    except KeyboardInterrupt:
        click.echo(f"Batch {batch_id} goes on without you.", err=True)
        sys.exit(Exit.INTERRUPTED)


def state_in_words(batch: BatchView) -> str:
    """A closed batch runs until it is finished."""
    if batch.finished:
        return "finished"
    return "open" if batch.state is BatchState.OPEN else "running"


def show_batches(batches: Sequence[BatchView], as_json: bool) -> None:
    """One row each."""
    if as_json:
        click.echo(json.dumps([batch.model_dump(mode="json") for batch in batches]))
        return
    rows = [
        (
            str(batch.id),
            batch.name,
            batch.priority.value,
            state_in_words(batch),
            str(batch.total),
            describe_counts(batch.counts),
        )
        for batch in batches
    ]
    show_table(("Batch", "Name", "Priority", "State", "Scans", "Progress"), rows)
