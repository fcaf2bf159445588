"""`oncoqueue cancel`: stop what a batch has not finished."""

from __future__ import annotations

import click

from shared.settings import load_settings
from web.client import Client
from web.commands.display import describe_counts, ended, every_scan


@click.command()
@click.argument("batch_id", metavar="BATCH", type=click.IntRange(1))
def cancel(batch_id: int) -> None:
    """Cancel the scans of BATCH that are not finished. Results that are there stay."""
    with Client.from_settings(load_settings()) as client:
        before = client.batch(batch_id)
        batch = client.cancel_batch(batch_id)
    if before.total and ended(before.counts) == before.total == batch.total:
        click.echo(f"Nothing to cancel: {every_scan(batch.total)} finished.")
    click.echo(f"Batch {batch.id}: {describe_counts(batch.counts) or 'no scans'}.")
