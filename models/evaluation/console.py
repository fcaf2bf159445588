"""An evaluation from the command line, printed as tables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from models.evaluation.ablation import AblationRow, ablate
from models.evaluation.outcomes import run_outcomes
from models.evaluation.summary import Summary, summarise
from models.pipeline import Pipeline
from models.release import Release, load_release
from models.training.sources import TYPED_POOL, read_sources


def evaluate_installed(model: str, data: Path, fold: int | None, engine: str, with_ablation: bool) -> dict[str, Any]:
    """Print and return the figures of the release called `model`, or in that folder."""
    release, console = _find_release(model), Console()
    fold = release.held_out_fold if fold is None else fold
    records = [r for r in read_sources(data) if r.fold == fold]
    if fold != release.held_out_fold:
        console.print(f"Fold {fold} was trained on: these figures flatter.", style="bold red")
    with Pipeline.load(engine, release=release) as pipeline:
        summary = summarise(run_outcomes(pipeline, records), release.types, pipeline.engine)
    console.print(_table(f"{release.id}, fold {fold}, {summary.engine}. Research use only.", summary))
    rows = ablate(release, [r for r in records if r.pool == TYPED_POOL]) if with_ablation else []
    if rows:
        console.print(_ablation_table(rows))
    return {"release": release.id, "fold": fold, **summary.to_dict(), "ablation": [asdict(r) for r in rows]}


def _find_release(model: str) -> Release:
    """A release that ships, by its name, or one that training left in a folder."""
    place = Path(model)
    return load_release(place.name, place.parent) if place.is_dir() else load_release(model)


def _table(title: str, summary: Summary) -> Table:
    table = Table("figure", "value (95 % interval over patients)", title=title)
    table.add_row("slices typed right", str(summary.type_accuracy))
    table.add_row(
        "... where the type is not in doubt", f"{summary.certain_accuracy}; {summary.doubt_share:.1%} in doubt"
    )
    table.add_row("Dice, mean", f"{summary.dice}; median {summary.dice_median:.3f}")
    for name, value in summary.average_precision_50.items():
        table.add_row(f"AP50 {name}", f"{value:.3f}")
    table.add_row("mAP50", f"{summary.mean_average_precision_50:.3f}")
    for name, source in summary.tumour_or_none.items():
        table.add_row(f"{name}: tumour or none, AUC", str(source.auc))
        table.add_row(f"{name}: sensitivity", str(source.sensitivity))
        table.add_row(f"{name}: reported regions per tumour-free slice", str(source.false_regions_per_slice))
        table.add_row(f"{name}: calibration error (ECE)", f"{source.calibration_error:.3f}")
    return table


def _ablation_table(rows: list[AblationRow]) -> Table:
    table = Table("step left out", "typed right", "mean Dice")
    for row in rows:
        table.add_row(row.without or "nothing", f"{row.type_accuracy:.3f}", f"{row.dice:.3f}")
    return table
