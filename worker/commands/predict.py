"""`oncoqueue predict`: analyse files here and now, without queue or server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import track

from models.errors import ModelsError
from models.report import Kind, Report, Status
from shared.errors import OncoQueueError
from shared.logs import configure_logging
from shared.settings import Settings, load_settings
from worker.commands.object_folders import ObjectFolders
from worker.commands.report_table import report_line, report_table

if TYPE_CHECKING:
    from models.pipeline import Pipeline

NOT_ALL_DONE = 2
NOTICE = "Research use only"


class ModelsNotLoadedError(OncoQueueError):
    """There are no models to analyse with."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, in the order of the arguments.")
@click.option("--steps", type=click.Path(file_okay=False, path_type=Path), help="Write the preprocessing steps here.")
@click.option("--dicom", type=click.Path(file_okay=False, path_type=Path), help="Write DICOM SR, SEG and SC here.")
@click.option("--pdf", type=click.Path(file_okay=False, path_type=Path), help="Write a page for each file here.")
@click.option("--classifier", metavar="NAME", help="Who says the type: own, classic, or a release's folder.")
@click.option("--kind", type=click.Choice([str(kind) for kind in Kind]), help="What the scans are, if you know.")
@click.option("--series", is_flag=True, help="Read each DICOM series as one volume; FILEs may be directories.")
def predict(
    files: tuple[str, ...],
    as_json: bool,
    steps: Path | None,
    dicom: Path | None,
    pdf: Path | None,
    classifier: str | None,
    kind: str | None,
    series: bool,
) -> None:
    """Find, classify and measure tumours in FILEs, one result for each.

    With --series one for each DICOM series among them and in directories below, under the path of its first file, and
    one for every other file. Research use only. Exits with 2 if a file was rejected or failed; with --json the status
    says so instead.
    """
    if series and steps is not None:
        raise click.UsageError("--steps shows single files; leave out --series.")
    settings = load_settings()
    configure_logging("warning" if settings.log_level == "info" else settings.log_level)
    pipeline = load(settings.model_copy(update={"classifier": classifier or settings.classifier}))
    known = Kind(kind) if kind else None
    groups = grouped(files, settings.max_pixels) if series else [(Path(file),) for file in files]
    files = tuple(str(group[0]) for group in groups) if series else files
    folders = ObjectFolders(pipeline.release, dicom, pdf)
    reports = analyse(pipeline, files, groups, known, folders)
    if as_json:
        for path, report in zip(files, reports, strict=True):
            click.echo(json.dumps({"path": path, **report.to_dict()}))
        all_done = True
    else:
        all_done = print_for_people(files, reports)
    if steps is not None:
        write_steps(pipeline, files, steps, known)
    folders.summarise()
    sys.exit(0 if all_done else NOT_ALL_DONE)


def load(settings: Settings) -> Pipeline:
    """The models.

    Raises:
        ModelsNotLoadedError: why there are none.
    """
    from worker.engine import load_pipeline  # NumPy and an engine: not for a wrong option or --help.

    try:
        return load_pipeline(settings)
    except ModelsError as error:
        raise ModelsNotLoadedError(f"The models could not be loaded: {error}") from error


def grouped(arguments: Sequence[str], max_pixels: int) -> list[tuple[Path, ...]]:
    """The files named, and those in directories named and below, hidden ones left out, sorted into series."""
    from models.reading import series_in

    files = [file for argument in arguments for file in _files_of(Path(argument))]
    return series_in(dict.fromkeys(files), max_pixels)


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    below = (p for p in sorted(path.rglob("*")) if not any(part.startswith(".") for part in p.relative_to(path).parts))
    return [p for p in below if p.is_file()]


def analyse(
    pipeline: Pipeline,
    names: Sequence[str],
    groups: Sequence[tuple[Path, ...]],
    kind: Kind | None,
    folders: ObjectFolders,
) -> Iterator[Report]:
    """A report for each file or series, in order, as soon as it is there and its objects are written."""
    from models.pipeline import Source

    sources = (
        Source(name=name, path=group[0], kind=kind, series=group if len(group) > 1 else ())
        for name, group in zip(names, groups, strict=True)
    )
    for number, analysis in enumerate(pipeline.analyse(sources), start=1):
        folders.write(numbered_stem(names, number), shown_file(groups[number - 1], analysis.report), analysis)
        yield analysis.report


def shown_file(group: Sequence[Path], report: Report) -> Path:
    """Of a series, the file that holds the slice that its findings and pictures are of."""
    shown = report.volume.file if report.volume else None
    return next((path for path in group if path.name == shown), group[0])


def print_for_people(files: Sequence[str], reports: Iterator[Report]) -> bool:
    """A table on a terminal, else a line for each file as it comes; gives whether all are done.

    Both say what they are not for, the lines on stderr: scripts read them.
    """
    if not sys.stdout.isatty():
        # A list, because every line is to be shown, not only those up to the first that is not done.
        all_done = all([show_line(path, report) for path, report in zip(files, reports, strict=True)])  # noqa: C419
        click.echo(NOTICE, err=True)
        return all_done
    progress = Console(stderr=True)
    found = list(track(reports, "Analysing", total=len(files), console=progress, transient=True))
    Console().print(report_table(files, found))
    return all(report.status is Status.DONE for report in found)


def show_line(path: str, report: Report) -> bool:
    """Print one file's line; gives whether it is done."""
    click.echo(report_line(path, report))
    return report.status is Status.DONE


def write_steps(pipeline: Pipeline, files: Sequence[str], folder: Path, kind: Kind | None) -> None:
    """Write each file's preprocessing steps as PNGs to a folder of its own; files that cannot be read have none."""
    for number, file in enumerate(files, start=1):
        own = folder if len(files) == 1 else folder / numbered_stem(files, number)
        try:
            written = pipeline.write_steps(Path(file), own, kind)
        except ModelsError as error:
            click.echo(f"{file}: no steps written: {error}", err=True)
        else:
            click.echo(f"{file}: {len(written)} steps in {own}", err=True)


def numbered_stem(files: Sequence[str], number: int) -> str:
    """A name for what is written of a file: its own without the ending, numbered where there are several."""
    stem = Path(files[number - 1]).stem
    return stem if len(files) == 1 else f"{number:0{len(str(len(files)))}d}-{stem}"
