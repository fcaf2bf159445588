"""`oncoqueue alerts`: what was told, and whether somebody has seen it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from shared.figures import diameters, percent
from shared.schemas import AlertListItem, DeliveryView
from shared.settings import load_settings
from web.client import Client
from web.commands.display import show_table

NEWEST = 20
OPEN = 200  # as many as the server gives at a time: the most urgent may not be among the newest


@click.command()
@click.option("--open", "open_only", is_flag=True, help="Only those that nobody has acknowledged.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list.")
def alerts(open_only: bool, as_json: bool) -> None:
    """Show the newest alerts, and who has acknowledged them.

    Open ones come first, the most urgent on top; the JSON is in the server's order, the newest first.
    """
    limit = OPEN if open_only else NEWEST
    with Client.from_settings(load_settings()) as client:
        found = client.alerts(limit, open_only=open_only)
    if as_json:
        click.echo(json.dumps([alert.model_dump(mode="json") for alert in found]))
        return
    show_alerts(sorted(found, key=place))
    if found:
        which = f"The newest {limit}" if len(found) == limit else "All"
        click.echo(f"{which}, open ones first, the most urgent on top.", err=True)


def place(alert: AlertListItem) -> tuple[bool, float]:
    """What the table is sorted by: open ones by urgency, then the others as they come, the newest first."""
    if alert.acknowledged_at:
        return True, 0.0
    return False, -(alert.urgency or 0.0)


def show_alerts(found: Sequence[AlertListItem]) -> None:
    """One row each."""
    rows = [
        (
            str(alert.id),
            f"{alert.created_at:%Y-%m-%d %H:%M} UTC",
            about(alert),
            told(alert),
            "" if alert.urgency is None else f"{alert.urgency:.2f}",
            ", ".join(map(delivery_in_words, alert.deliveries)),
            state_in_words(alert),
        )
        for alert in found
    ]
    show_table(("Alert", "Raised", "About", "Told", "Urgency", "To", "State"), rows)


def about(alert: AlertListItem) -> str:
    """What it speaks of, by its ids."""
    return f"scan {alert.scan_id}, batch {alert.batch_id}" if alert.scan_id else f"batch {alert.batch_id}"


def told(alert: AlertListItem) -> str:
    """The finding that matters most, or of how many scans a digest tells."""
    if alert.finding is None:
        return f"digest of {alert.scans} scan{'s' if alert.scans != 1 else ''}"
    finding = alert.finding
    doubt = ", in doubt" if finding.in_doubt else ""
    return f"{finding.label} {percent(finding.probabilities[finding.label])}{doubt}, {diameters(finding.measurements)}"


def delivery_in_words(delivery: DeliveryView) -> str:
    """Whom it was sent to, and how far it is."""
    return " ".join(word for word in (delivery.channel, delivery.recipient, delivery.state.value) if word)


def state_in_words(alert: AlertListItem) -> str:
    """Who has seen it, or when the next is told."""
    if alert.acknowledged_at:
        return f"acknowledged by {alert.acknowledged_by}"
    return f"open, escalates {alert.escalate_at:%H:%M} UTC" if alert.escalate_at else "open"
