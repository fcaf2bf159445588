"""`oncoqueue retry`: run the failed and cancelled scans of a batch again."""

from __future__ import annotations

import click

from shared.settings import load_settings
from web.client import Client
from web.commands.display import describe_counts


@click.command()
@click.argument("batch_id", metavar="BATCH", type=click.IntRange(1))
def retry(batch_id: int) -> None:
    """Run the failed and cancelled scans of BATCH again. Rejected ones are not: their input is at fault."""
    with Client.from_settings(load_settings()) as client:
        before = client.batch(batch_id)
        batch = client.retry_batch(batch_id)
    if not before.counts.failed and not before.counts.cancelled:
        click.echo("Nothing to retry: no scan has failed or was cancelled.")
    click.echo(f"Batch {batch.id}: {describe_counts(batch.counts) or 'no scans'}.")
