"""`oncoqueue train classic`: a small CNN from a folder of pictures for each class."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import click

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("classic")
@click.option("--data", required=True, type=FOLDER, help="A folder for each class, or train/ and test/ with these.")
@click.option("--test", type=FOLDER, help="Test pictures, a folder for each class. Default: DATA/test, else a fifth.")
@click.option("--epochs", type=click.IntRange(min=1), help="How often all pictures are seen.  [default: 50]")
@click.option("--size", type=click.IntRange(32, 512), help="Side of the network's input, pixels.  [default: 128]")
@click.option("--early-stopping", is_flag=True, help="Stop when validation gets no better, and keep the best epoch.")
@click.option("--seed", type=click.IntRange(min=0), help="The same seed gives the same weights.  [default: 20]")
@click.option("--collections", type=FOLDER, help="Measure in the pipeline, too, on the fold that DATA was cut without.")
@click.option("--run", type=click.Path(path_type=Path), help="Pictures, checkpoints, curves. Default: runs/classic.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the release goes. Default: RUN/release/classic.")
def train_classic(
    data: Path,
    test: Path | None,
    epochs: int | None,
    size: int | None,
    early_stopping: bool,
    seed: int | None,
    collections: Path | None,
    run: Path | None,
    out: Path | None,
) -> None:
    """Train a Sequential CNN (Conv2D, MaxPooling2D, Flatten, Dense, Dropout) with ImageDataGenerator on any classes.

    DATA/groups.csv (columns file, group) says which pictures belong to one patient; without it the split is by file.
    Started again, it goes on after the last epoch. RUN holds copies of the pictures: patient data stay where they may.
    The release at work: ONCOQUEUE_CLASSIFIER=OUT, or `oncoqueue predict --classifier OUT`. Research use only.
    """
    from models.training.classic.config import load_classic_config
    from models.training.classic.run import train_classic as train  # Keras: seconds to import

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    shipped = load_classic_config()
    config = replace(
        shipped,
        epochs=epochs or shipped.epochs,
        size=size or shipped.size,
        seed=shipped.seed if seed is None else seed,
        early_stopping=early_stopping,
    )
    run = run or Path("runs") / config.name
    release = train(config, data, test, run, out or run / "release" / config.name, collections)
    click.echo(f"Release {release.id} is in {release.folder}; curves.png and confusion.png are in {run}")
