"""An evaluation from the command line: figures to a folder, the main ones as a table, a bar meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.classifiers.choice import OWN
from models.collections import Record, read_sources
from models.errors import EvaluationError
from models.evaluation.ablation import ablatable, ablate
from models.evaluation.choosing import Part, choose_parts, find_release
from models.evaluation.printing import print_figures
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
    print_figures(console, evaluation, ablation)
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
    typed = ablatable(records)
    if not typed:
        raise EvaluationError("The ablation needs images of a collection with several types, and there are none.")
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
