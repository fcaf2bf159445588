"""`oncoqueue acknowledge`: say that somebody has seen an alert."""

from __future__ import annotations

import click

from shared.settings import load_settings
from web.client import Client


@click.command()
@click.argument("alert_id", metavar="ALERT", type=click.IntRange(1))
def acknowledge(alert_id: int) -> None:
    """Say that somebody has seen ALERT, so that nobody further is told."""
    with Client.from_settings(load_settings()) as client:
        alert = client.acknowledge_alert(alert_id)
    click.echo(f"Alert {alert.id}: acknowledged by {alert.acknowledged_by} at {alert.acknowledged_at:%H:%M} UTC.")
