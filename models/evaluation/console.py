"""An evaluation from the command line: figures to a folder, the main ones as a table, a bar meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from models.classifiers.choice import OWN
from models.collections import TYPED_POOL, Record, read_sources
from models.errors import EvaluationError
from models.evaluation.ablation import ablate
from models.evaluation.choosing import Part, choose_parts, find_release
from models.evaluation.figures import Evaluation, Figure, Source
from models.evaluation.released import AblationRow
from models.evaluation.running import Step, evaluate_parts
from models.evaluation.shipping import add_evaluation, require_card_of
from models.evaluation.writing import require_writable, write_report


@dataclass(frozen=True)
class Request:
    """What was asked for. `models`: names of releases that ship, or folders; several are one cross-validation.

    fold: a number, "all", or None for the one that each release never saw.
    """

    models: tuple[str, ...]
    data: Path
    out: Path | None
    fold: str | None
    engine: str
    classifier: str
    with_ablation: bool
    into: Path | None


def run_request(request: Request, console: Console) -> None:
    """Evaluate, print, and write what was asked for. Raises ModelsError with a sentence a person can act on."""
    releases = [find_release(model) for model in request.models]
    if request.out:
        require_writable(request.out)
    parts = choose_parts(releases, read_sources(request.data, releases[0].kind), request.fold)
    _require_possible(request, parts)
    typed = _typed(parts[0].records) if request.with_ablation else []
    with _bars(console) as step:
        evaluation, outcomes = evaluate_parts(parts, request.engine, classifier=request.classifier, step=step)
    ablation = ablate(releases[0], typed) if typed else ()
    _print(console, evaluation, ablation)
    if request.out:
        with _bars(console) as step:
            page = write_report(request.out, evaluation, ablation, outcomes, releases[0].types, step)
        console.print(f"{page} has all figures. Its pictures show patients: do not publish it.", soft_wrap=True)
    if request.into:
        add_evaluation(request.into, evaluation, ablation)
        console.print(f"The model card in {request.into} has these figures.", soft_wrap=True)


def _require_possible(request: Request, parts: Sequence[Part]) -> None:
    """Raises ModelsError, before the work starts, for what could not be done with its outcome."""
    if request.with_ablation and (len(parts) > 1 or request.classifier != OWN):
        raise EvaluationError("The ablation is of one release without a second stage: leave out --ablation.")
    if request.into and request.classifier != OWN:
        raise EvaluationError("A card carries figures without a second stage: leave out --into or --classifier.")
    if request.into:
        require_card_of(request.into, parts)


def _typed(records: Sequence[Record]) -> list[Record]:
    typed = [r for r in records if r.pool == TYPED_POOL]
    if not typed:
        raise EvaluationError(f"The ablation needs slices of {TYPED_POOL}, and there are none.")
    return typed


@contextmanager
def _bars(console: Console) -> Iterator[Step]:
    """A bar a step; nothing but the step's name where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def step(title: str, count: int) -> Callable[[], None]:
            if not console.is_terminal:
                console.print(f"{title}: {count} images")
            task = progress.add_task(title, total=count)
            return lambda: progress.advance(task)

        yield step


def _print(console: Console, evaluation: Evaluation, ablation: Sequence[AblationRow]) -> None:
    title = f"{evaluation.title}, fold {', '.join(evaluation.folds)}, {evaluation.engine}. Research use only."
    table = Table("figure", "value (95 % interval over patient groups)", title=title, title_justify="left")
    if evaluation.seen:
        console.print(
            "The model, or its second stage, was trained on these images: the figures flatter.", style="bold red"
        )
    if evaluation.gate_seen:
        console.print("The gate was trained on some of these images: of others it refuses more.", style="bold red")
    for name, source in evaluation.sources.items():
        table.add_section()
        table.add_row(Text(name, style="bold"), f"{source.slices} images of {source.groups} groups")
        for label, figure in _main_figures(source):
            table.add_row(label, str(figure) if figure else "not defined")
        if source.unknown_types:
            left_out = ", ".join(f"{count} {label}" for label, count in source.unknown_types.items())
            table.add_row("of types that the model does not know, and not in the figures by type", left_out)
    table.add_section()
    for row in ablation:
        table.add_row(
            f"without {row.without or 'nothing left out'}", f"typed {row.type_accuracy:.3f}, Dice {row.dice:.3f}"
        )
    console.print(table)


def _main_figures(s: Source) -> Iterator[tuple[str, Figure | None]]:
    if s.types:
        yield "typed right", s.types.accuracy
        yield "... where it is not in doubt", s.types.certain_accuracy
        yield "share in doubt", s.types.doubt_share
        yield "calibration error of the type", s.types.reliability.error
        yield from ((f"AP50 {label}", c.precision.at_50) for label, c in s.types.classes.items())
        yield "mAP50", s.types.mean_precision.at_50
    if s.detection:
        yield "tumours with a reported box at IoU 0.5", s.detection.found
        yield "AP50 whatever the type", s.detection.precision.at_50
        yield "calibration error of the score", s.detection.scores.error if s.detection.scores else None
    if s.outlines:
        yield "Dice, mean", s.outlines.mean
        yield "Dice, median", s.outlines.median
    if s.presence:
        yield "tumour or none, AUC", s.presence.auc
        yield "... of border and histogram alone", s.presence.control_auc
        yield "sensitivity: any region reported", s.presence.sensitivity
        yield "reported regions per tumour-free image", s.presence.false_regions
        yield "calibration error of P(tumour)", s.presence.reliability.error
