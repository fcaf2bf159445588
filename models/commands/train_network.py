"""`oncoqueue train MODEL`: from annotated collections to a release with calibration, evaluation and model card."""

from __future__ import annotations

import logging
from pathlib import Path

import click


@click.command()
@click.argument("model", default="brain-mri")
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Collections."
)
@click.option("--run", type=click.Path(path_type=Path), help="Checkpoints and curves. Default: runs/MODEL.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the release goes. Default: RUN/release/MODEL.")
@click.option("--packed", type=click.Path(path_type=Path), default=Path("packed"), help="Cache of resized images.")
def train_network(model: str, data: Path, run: Path | None, out: Path | None, packed: Path) -> None:
    """Train MODEL (a name in models/configs, or a .toml file); started again, it goes on after the last epoch.

    Ends with calibration on patients kept aside and an evaluation on the held-out fold, written into the model card.
    """
    from models.training.run import train_release  # Keras: seconds to import

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    name = Path(model).stem
    run = run or Path("runs") / name
    release = train_release(model, data, run, out or run / "release" / name, packed)
    click.echo(f"Release {release.id} is in {release.folder}")
