"""`oncoqueue evaluate`: releases on the held-out folds of annotated collections, to a report."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from models.errors import ModelsError

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("model", required=False)
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Annotated images."
)
@click.option("--out", type=FOLDER, help="Write report.html and report.json here. Its pictures show patients.")
@click.option("--release", "releases", multiple=True, type=FOLDER, help="A release's folder; one a fold, pooled.")
@click.option("--fold", metavar="N|all", help="Which fold to score. Default: the one the model never saw.")
@click.option("--engine", type=click.Choice(["auto", "litert", "tensorflow"]), default="auto")
@click.option("--classifier", default="own", show_default=True, help="Who says the type: own, classic, or a folder.")
@click.option("--ablation", is_flag=True, help="Leave out one preprocessing step at a time, too.")
@click.option("--into", type=FOLDER, help="Put the figures into this release's evaluation.json and model card.")
def evaluate(
    model: str | None,
    data: Path,
    out: Path | None,
    releases: tuple[Path, ...],
    fold: str | None,
    engine: str,
    classifier: str,
    ablation: bool,
    into: Path | None,
) -> None:
    """Score MODEL (brain-mri), run as users run it, on annotated images; 95 % intervals over patients.

    DATA holds our collections, of which those of the model's kind are read, or is one folder with images.csv (columns
    image, label, group, and if known fold, mask or x0, y0, x1, y1, mm_per_pixel). Several --release of one design, each
    on its own held-out fold, give the cross-validated figures. Research use only.
    """
    from rich.console import Console  # with scikit-learn and pycocotools: seconds to import

    from models.evaluation.console import Request, run_request

    if model and releases:
        raise click.UsageError("Name MODEL or --release, not both.")
    logging.basicConfig(level=logging.WARNING)
    models = tuple(map(str, releases)) or (model or "brain-mri",)
    request = Request(models, data, out, fold, engine, classifier, ablation, into)
    try:
        run_request(request, Console())
    except ModelsError as error:
        raise click.ClickException(str(error)) from error
