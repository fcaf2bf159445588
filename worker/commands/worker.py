"""`oncoqueue worker`."""

from __future__ import annotations

import click

from shared.settings import load_settings
from worker.app import run_analysis_worker


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes with models.")
def worker(concurrency: int) -> None:
    """Analyse the scans on the queue, urgent ones first.

    One process per GPU; on CPUs one process uses all cores, so more help only with very many of them.
    """
    run_analysis_worker(load_settings(), concurrency)
