"""`oncoqueue pack`: annotated collections as one folder that training needs nothing beside."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress

from models.errors import ModelsError

if TYPE_CHECKING:
    from models.training.packing import Pack


@click.command()
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Collections."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder for the pack.")
@click.option("--model", default="brain-mri", help="Whose config says which images are read, and how they are cropped.")
@click.option("--compact", is_flag=True, help="Smaller and lossy, in pieces of at most 60 MiB, to carry elsewhere.")
def pack(data: Path, out: Path, model: str, compact: bool) -> None:
    """Read, crop and resize all images in DATA once; `oncoqueue train --packed OUT` then needs no collections.

    The pack holds patients' images: keep it where the collections may be kept. Research use only.
    """
    from models.training.packing import save_compact, save_pack  # the image libraries

    logging.basicConfig(level=logging.WARNING)
    if out.exists():
        raise click.ClickException(f"{out} exists already; name a new folder, or remove it.")
    try:
        made = _made(data, model)
    except ModelsError as error:
        raise click.ClickException(str(error)) from error
    if compact:
        pieces = save_compact(made, out)
        sizes = ", ".join(f"{piece.name} {piece.stat().st_size / 2**20:.1f} MiB" for piece in pieces)
        click.echo(f"{len(made.pools)} images are in {out}: {sizes}")
        return
    save_pack(made, out)
    click.echo(f"{len(made.pools)} images are in {out}")


def _made(data: Path, model: str) -> Pack:
    """The pack in memory, with a bar where a person looks on."""
    from models.collections import read_sources
    from models.training.config import load_config
    from models.training.packed_records import make_pack

    config, console = load_config(model), Console(stderr=True)
    records = read_sources(data, config.kind)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("Packing", total=len(records))
        return make_pack(records, config.recipe, config.packed_height, lambda: progress.advance(bar))
