"""`oncoqueue acknowledge`: say that somebody has seen an alert."""

from __future__ import annotations

import sys

import click

from shared.settings import load_settings
from web.client import ApiError, Client
from web.commands.exits import Exit


@click.command()
@click.argument("alert_ids", metavar="ALERT...", nargs=-1, required=True, type=click.IntRange(1))
def acknowledge(alert_ids: tuple[int, ...]) -> None:
    """Say that somebody has seen each ALERT, so that nobody further is told."""
    with Client.from_settings(load_settings()) as client:
        unknown = [alert_id for alert_id in dict.fromkeys(alert_ids) if not acknowledged(client, alert_id)]
    sys.exit(Exit.COULD_NOT if unknown else Exit.ALL_DONE)


def acknowledged(client: Client, alert_id: int) -> bool:
    """Acknowledge one and say so; where there is none of this number, say that: the others go on."""
    try:
        alert = client.acknowledge_alert(alert_id)
    except ApiError as error:
        if error.status != 404:
            raise
        click.echo(f"Error: {error.detail}", err=True)
        return False
    click.echo(f"Alert {alert.id}: acknowledged by {alert.acknowledged_by} at {alert.acknowledged_at:%H:%M} UTC.")
    return True
