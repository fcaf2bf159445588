"""`oncoqueue watch`."""

from __future__ import annotations

from pathlib import Path

import click

from shared.settings import PREFIX, load_settings
from worker.watching.process import run_watch


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--every", type=click.FloatRange(0.1, 3600), help=f"Seconds. [default: {PREFIX}WATCH_SECONDS or 5]")
def watch(folder: Path | None, every: float | None) -> None:
    """Take in what is put into FOLDER, until SIGTERM or Ctrl-C. [default: ONCOQUEUE_WATCH_DIR]

    A file is taken once two looks in a row find it as it was; it is then moved to FOLDER/.taken, under the number
    of its batch. A batch is closed once nothing has come for ONCOQUEUE_ARRIVAL_QUIET_SECONDS. What is too large or
    cannot be read goes to FOLDER/.refused. Hidden files, archives and what can be no scan stay where they are.
    """
    settings = load_settings()
    given = {"watch_dir": folder.absolute() if folder else None, "watch_seconds": every}
    run_watch(settings.model_copy(update={name: value for name, value in given.items() if value is not None}))
