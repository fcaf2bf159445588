"""`oncoqueue cut-regions`: from annotated collections to a folder of pictures for each type of tumour."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from models.errors import ModelsError


@click.command()
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Collections."
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A new or empty folder.")
@click.option("--size", default=128, show_default=True, type=click.IntRange(32, 512), help="Side of a picture, pixels.")
@click.option("--network", default="brain-mri", show_default=True, help="The release that it will work behind.")
def cut_regions(data: Path, out: Path, size: int, network: str) -> None:
    """Cut each lesion of known type, with its surroundings, into OUT/train/TYPE, OUT/validation/TYPE and OUT/test/TYPE.

    For `oncoqueue train classic --data OUT`, behind a network (its name, or its folder): whom that was calibrated on is
    validated on, and its held-out fold is the test. groups.csv there says who is one patient. The pictures are patient
    data: keep them out of repositories and of mail, and delete them when you are done. Research use only.
    """
    from models.evaluation.choosing import find_release
    from models.training.classifiers import parts, regions  # scikit-learn: seconds to import

    try:
        release = find_release(network)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("Cutting")
            cut = regions.cut_regions(
                data, out, size, release, lambda number, of: progress.update(bar, completed=number, total=of)
            )
    except ModelsError as error:
        raise click.ClickException(str(error)) from error
    fold = f"fold {parts.tested_fold(release)}"
    click.echo(f"{cut.train} pictures for training and {cut.test} for testing ({fold}) are in {out}")
    if cut.refused:
        click.echo(f"{cut.refused} images were left out: blank, or without the region that was marked")
    click.echo("They are patient data: keep them out of any repository. Research use only.")
