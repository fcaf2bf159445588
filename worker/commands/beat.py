"""`oncoqueue beat`."""

from __future__ import annotations

import click

from shared.settings import load_settings
from worker.clock import run_beat


@click.command()
def beat() -> None:
    """Send the periodic tasks. Run exactly one, on whatever host."""
    run_beat(load_settings())
