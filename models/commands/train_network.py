"""`oncoqueue train MODEL`: from annotated collections to a release with calibration, evaluation and model card."""

from __future__ import annotations

import logging
from pathlib import Path

import click


@click.command()
@click.argument("model", default="brain-mri")
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Collections.")
@click.option("--fold", help="Hold out this fold, or 'all' to train on all of them. Default: the config's.")
@click.option("--run", type=click.Path(path_type=Path), help="Checkpoints and curves. Default: runs/MODEL[-foldN].")
@click.option("--out", type=click.Path(path_type=Path), help="Where the release goes. Default: RUN/release/MODEL.")
@click.option(
    "--packed",
    type=click.Path(path_type=Path),
    default=Path("packed"),
    help="Cache of resized images; or a pack, which needs no --data.",
)
def train_network(
    model: str, data: Path | None, fold: str | None, run: Path | None, out: Path | None, packed: Path
) -> None:
    """Train MODEL (a name in models/configs, or a .toml file); started again, it goes on after the last epoch.

    Ends with calibration on patients kept aside and an evaluation on the held-out fold, written into the model card.
    KERAS_BACKEND=jax or tensorflow chooses what computes. Research use only.
    """
    if fold is not None and fold != "all" and not fold.isdecimal():
        raise click.BadParameter("it is a number, or 'all'", param_hint="--fold")

    from models.training.config import load_config

    config = load_config(model, int(fold) if fold and fold.isdecimal() else fold)
    if data is None and not (packed / "pack.json").exists():
        raise click.UsageError("Name the collections with --data, or a pack made by `oncoqueue pack` with --packed.")

    from models.training.run import train_release  # Keras: seconds to import

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    name = Path(model).stem
    run = run or Path("runs") / (f"{name}-{'all' if fold == 'all' else f'fold{fold}'}" if fold else name)
    release = train_release(config, data, packed, run, out or run / "release" / name)
    click.echo(f"Release {release.id} is in {release.folder}")
