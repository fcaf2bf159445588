"""`oncoqueue train classic` and `train type`: a classifier from a folder of pictures for each class."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import click

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EPILOG = """

DATA/groups.csv (columns file, group) says which pictures belong to one patient; without it the split is by file.
Started again, it goes on after the last epoch. RUN holds copies of the pictures: patient data stay where they may.
The release at work: ONCOQUEUE_CLASSIFIER=OUT, or `oncoqueue predict --classifier OUT`. Research use only.
"""


def _trainer(name: str, about: str) -> click.Command:
    """The command that trains the classifier called `name`; its defaults are in models/configs."""

    @click.command(name, help=about + EPILOG)
    @click.option("--data", required=True, type=FOLDER, help="A folder for each class, or train/ and test/.")
    @click.option("--test", type=FOLDER, help="Test pictures by class. Default: DATA/test, else a fifth.")
    @click.option("--epochs", type=click.IntRange(min=1), help="How often all pictures are seen.")
    @click.option("--size", type=click.IntRange(32, 512), help="Side of the network's input, pixels.")
    @click.option("--early-stopping", is_flag=True, help="Stop when validation gets no better; keep the best.")
    @click.option("--seed", type=click.IntRange(min=0), help="The same seed gives the same weights.")
    @click.option("--network", default="brain-mri", help="The release that it will work behind, or its folder.")
    @click.option("--collections", type=FOLDER, help="Measure in the pipeline, too, on the fold cut out of DATA.")
    @click.option("--run", type=click.Path(path_type=Path), help="Pictures, checkpoints, curves. Default: runs/" + name)
    @click.option("--out", type=click.Path(path_type=Path), help="The release. Default: RUN/release/" + name)
    def command(
        data: Path,
        test: Path | None,
        epochs: int | None,
        size: int | None,
        early_stopping: bool,
        seed: int | None,
        network: str,
        collections: Path | None,
        run: Path | None,
        out: Path | None,
    ) -> None:
        from models.evaluation.choosing import find_release
        from models.training.classifiers.blending import Beside
        from models.training.classifiers.config import load_classifier_config
        from models.training.classifiers.run import train_classifier  # Keras: seconds to import

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
        shipped = load_classifier_config(name)
        config = replace(
            shipped,
            epochs=epochs or shipped.epochs,
            size=size or shipped.size,
            seed=shipped.seed if seed is None else seed,
            early_stopping=early_stopping,
        )
        place = run or Path("runs") / name
        beside = Beside(find_release(network), collections) if collections else None
        release = train_classifier(config, data, test, place, out or place / "release" / name, beside)
        click.echo(f"Release {release.id} is in {release.folder}; curves.png and confusion.png are in {place}")

    return command


train_classic = _trainer(
    "classic",
    "Train a Sequential CNN (Conv2D, MaxPooling2D, Flatten, Dense, Dropout) with ImageDataGenerator on any classes.",
)
train_type = _trainer(
    "type", "Train the first blocks of EfficientNet-Lite0, from ImageNet's weights, as `train classic` does its CNN."
)
