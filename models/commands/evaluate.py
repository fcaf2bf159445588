"""`oncoqueue evaluate`: the installed release on the held-out fold of annotated collections."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import click


@click.command()
@click.argument("model", default="brain-mri")
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Collections."
)
@click.option("--fold", type=int, help="Which fold to score. Default: the one the model never saw.")
@click.option("--engine", type=click.Choice(["auto", "litert", "tensorflow"]), default="auto")
@click.option("--out", type=click.Path(path_type=Path), help="Write all figures to this JSON file.")
@click.option("--ablation", is_flag=True, help="Leave out one preprocessing step at a time, too.")
def evaluate(model: str, data: Path, fold: int | None, engine: str, out: Path | None, ablation: bool) -> None:
    """Score MODEL, run as users run it, on annotated collections; 95 % intervals over patients."""
    from models.evaluation.console import evaluate_installed  # scikit-learn and pycocotools: seconds to import

    logging.basicConfig(level=logging.WARNING)
    figures = evaluate_installed(model, data, fold, engine, ablation)
    if out:
        out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        click.echo(f"All figures are in {out}")
