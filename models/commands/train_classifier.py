"""`oncoqueue train classic` and `train type`: a classifier from a folder of pictures for each class."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.report import Kind

if TYPE_CHECKING:
    from models.training.classifiers.beside import Beside

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EPILOG = """

DATA/groups.csv (columns file, group) says which pictures belong to one patient; without it the split is by file.
Started again, it goes on after the last epoch. RUN holds copies of the pictures: patient data stay where they may.
The release at work: ONCOQUEUE_CLASSIFIER=OUT, or `oncoqueue predict --classifier OUT`. Research use only.
"""
OPTIONS = (
    click.option("--data", type=FOLDER, help="A folder for each class, or train/ and test/."),
    click.option("--test", type=FOLDER, help="Test pictures by class. Default: DATA/test, else a fifth."),
    click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A TOML file with what shall differ from the shipped one; options here go before it.",
    ),
    click.option("--kind", type=click.Choice([str(kind) for kind in Kind]), help="Of the images."),
    click.option("--name", help="The release's name, as it stands beside every figure."),
    click.option("--version", help="The release's version."),
    click.option("--epochs", type=click.IntRange(min=1), help="How often all pictures are seen."),
    click.option("--size", type=click.IntRange(32, 512), help="Side of the network's input, pixels."),
    click.option("--early-stopping", is_flag=True, default=None, help="Stop when validation gets no better."),
    click.option("--seed", type=click.IntRange(min=0), help="The same seed gives the same weights."),
    click.option("--network", default="brain-mri", help="The release that it will work behind, or its folder."),
    click.option("--collections", type=FOLDER, help="Weigh and measure it in the pipeline, too."),
    click.option("--measure-only", is_flag=True, help="Train nothing: measure OUT again behind NETWORK."),
    click.option("--run", type=click.Path(path_type=Path), help="Pictures, checkpoints, curves. Default: runs/NAME."),
    click.option("--out", type=click.Path(path_type=Path), help="The release. Default: RUN/release/NAME."),
)


def _trainer(shipped: str, about: str) -> click.Command:
    """The command whose defaults are `models/configs/SHIPPED.toml`."""
    command: Callable[..., Any] = partial(_run, shipped)
    for option in reversed(OPTIONS):
        command = option(command)
    return click.command(shipped, help=about + EPILOG)(command)


def _run(shipped: str, measure_only: bool, network: str, collections: Path | None, **chosen: Any) -> None:
    from models.evaluation.choosing import find_release
    from models.training.classifiers.beside import Beside

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    out, data = chosen["out"], chosen["data"]
    if measure_only and not (out and collections):
        raise click.UsageError("--measure-only takes the release as --out, and what to measure on as --collections.")
    if not measure_only and not data:
        raise click.UsageError("Name the pictures with --data.")
    beside = Beside(find_release(network), collections) if collections else None
    if measure_only and beside:
        from models.training.classifiers.at_work import measure_again

        click.echo(f"The card of {measure_again(out, beside).id} in {out} is made again")
    else:
        _train(shipped, beside, **chosen)


def _train(
    shipped: str,
    beside: Beside | None,
    data: Path,
    test: Path | None,
    config: Path | None,
    run: Path | None,
    out: Path | None,
    **chosen: Any,
) -> None:
    """`chosen`: what the command line says of the config's values, None for those that it leaves alone."""
    from models.training.classifiers.config import load_classifier_config
    from models.training.classifiers.run import train_classifier  # Keras: seconds to import

    settings = load_classifier_config(shipped, config)
    settings = replace(settings, **{key: value for key, value in chosen.items() if value is not None})
    if settings.name == shipped:
        logging.warning(
            "it will be called %s %s, as the one that comes along; --name tells them apart",
            settings.name,
            settings.version,
        )
    run = run or Path("runs") / settings.name
    release = train_classifier(settings, data, test, run, out or run / "release" / settings.name, beside)
    click.echo(f"Release {release.id} is in {release.folder}; curves.png and confusion.png are in {run}")


train_classic = _trainer(
    "classic",
    "Train a Sequential CNN (Conv2D, MaxPooling2D, Flatten, Dense, Dropout) with ImageDataGenerator on any classes.",
)
train_type = _trainer(
    "type", "Train the first blocks of EfficientNet-Lite0, from ImageNet's weights, as `train classic` does its CNN."
)
