"""`oncoqueue alert-worker`."""

from __future__ import annotations

import click

from shared.settings import load_settings
from worker.app import run_alert_worker


@click.command("alert-worker")
def alert_worker() -> None:
    """Send alerts and keep house: recover what crashed workers held, send what was not sent."""
    run_alert_worker(load_settings())
