"""`oncoqueue results`: a table, a CSV file, JSON, the overlays or the objects of a batch."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from shared.figures import diameters, percent
from shared.objects import OBJECTS, object_file
from shared.schemas import Finding, ScanOutcome
from shared.settings import load_settings
from web.client import Client
from web.client.overlays import overlay_file, save_bytes
from web.commands.display import progress, show_table

DOWNLOADS = 4
FIGURES = ("Status", "Urgency", "Tumour", "Most likely", "Malignant", "Size")
HEADINGS = ("Scan", "Path", *FIGURES, "Reason")


@dataclass(frozen=True)
class Line:
    """A row of the table, without the contours, so that many fit in memory."""

    scan_id: int
    path: str
    status: str
    urgency: float | None
    cells: tuple[str, ...]


@click.command()
@click.argument("batch_id", metavar="BATCH", type=click.IntRange(1))
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Save as CSV; - for stdout.")
@click.option("--overlays", type=click.Path(file_okay=False, path_type=Path), help="Save the overlays in a folder.")
@click.option("--objects", type=click.Path(file_okay=False, path_type=Path), help="Save DICOM and PDF in a folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, by scan id.")
@click.option("--top", type=click.IntRange(0), default=50, show_default=True, help="Rows of the table; 0 for all.")
def results(
    batch_id: int, csv_file: Path | None, overlays: Path | None, objects: Path | None, as_json: bool, top: int
) -> None:
    """Show the results of BATCH, the most urgent first, or save them."""
    with Client.from_settings(load_settings()) as client:
        client.batch(batch_id)
        if csv_file is not None:
            save_csv(client, batch_id, csv_file)
        if as_json:
            print_json(client.results(batch_id))
        if overlays is None and objects is None and (csv_file is not None or as_json):
            return
        lines = [to_line(outcome) for outcome in client.results(batch_id)]
        if overlays is not None:
            save_overlays(client, lines, overlays)
        if objects is not None:
            save_objects(client, lines, objects)
    if csv_file is None and not as_json:
        show_worklist(lines, top)


def save_csv(client: Client, batch_id: int, file: Path) -> None:
    """The server's table, as it is."""
    with client.results_csv(batch_id) as blocks:
        if str(file) == "-":
            for block in blocks:
                sys.stdout.buffer.write(block)
            sys.stdout.flush()
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.part")
        with partial.open("wb") as stream:
            for block in blocks:
                stream.write(block)
    partial.replace(file)
    click.echo(f"Saved {file}.", err=True)


def print_json(outcomes: Iterator[ScanOutcome]) -> None:
    """The result contract with the scan's id, a line each."""
    for outcome in outcomes:
        click.echo(json.dumps({"scan_id": outcome.scan_id, **outcome.result.model_dump(mode="json")}))


def to_line(outcome: ScanOutcome) -> Line:
    """What the table shows of a result: its reported finding that matters most."""
    result = outcome.result
    cells = (
        str(outcome.scan_id),
        result.path,
        result.status,
        "" if result.urgency is None else f"{result.urgency:.2f}",
        percent(result.tumor_probability),
        *finding_cells(result.leading),
        result.reason or "",
    )
    return Line(outcome.scan_id, result.path, result.status, result.urgency, cells)


def finding_cells(finding: Finding | None) -> tuple[str, str, str]:
    """Type, malignancy and size with their figures."""
    if finding is None:
        return "", "", ""
    doubt = "" if finding.certain else ", in doubt"
    return (
        f"{finding.label} {percent(finding.probabilities.get(finding.label))}{doubt}",
        f"{percent(finding.malignancy.probability)} ({finding.malignancy.label})",
        diameters(finding.measurements),
    )


def show_worklist(lines: Sequence[Line], top: int) -> None:
    """The most urgent first; what has no urgency last."""
    ordered = sorted(lines, key=lambda line: -1.0 if line.urgency is None else line.urgency, reverse=True)
    shown = ordered[:top] if top else ordered
    if sys.stdout.isatty():
        show_on_terminal(shown)
    else:
        show_table(HEADINGS, [line.cells for line in shown])
    if len(shown) < len(ordered):
        click.echo(f"... and {len(ordered) - len(shown)} more: --top 0, or --csv FILE.", err=True)


def show_on_terminal(lines: Sequence[Line]) -> None:
    """Reasons stand below the table: beside the figures there is no room for sentences."""
    show_table(HEADINGS[:-1], [line.cells[:-1] for line in lines], whole=FIGURES)
    for line in lines:
        if reason := line.cells[-1]:
            click.echo(f"{line.scan_id} {line.path}: {line.status}. {reason}")


def save_overlays(client: Client, lines: Sequence[Line], folder: Path) -> None:
    """Save the overlay of each scan that is done, under the scan's path."""

    def save(line: Line) -> int:
        picture = client.image(line.scan_id, "overlay")
        if picture is not None:
            save_bytes(overlay_file(folder, line.path, line.scan_id), picture)
        return picture is not None

    save_each(save, lines, folder, "overlays")


def save_objects(client: Client, lines: Sequence[Line], folder: Path) -> None:
    """Save the DICOM objects and the page of each scan that is done, under the scan's id: no path names a patient."""

    def save(line: Line) -> int:
        found = {name: client.object(line.scan_id, name) for name in OBJECTS}
        made = {name: content for name, content in found.items() if content is not None}
        for name, content in made.items():
            save_bytes(folder / object_file(f"scan-{line.scan_id}", name), content)
        return len(made)

    saved = save_each(save, lines, folder, "objects")
    if not saved:
        click.echo("Workers make objects where ONCOQUEUE_OBJECTS=on is set for them.", err=True)


def save_each(save: Callable[[Line], int], lines: Sequence[Line], folder: Path, what: str) -> int:
    """Call `save`, which gives how many files it saved, for each scan that is done; gives their sum."""
    folder.mkdir(parents=True, exist_ok=True)
    done = [line for line in lines if line.status == "done"]
    saved = 0
    with progress(f"Saving {what}") as advance, ThreadPoolExecutor(DOWNLOADS) as pool:
        for number, found in enumerate(pool.map(save, done), start=1):
            saved += found
            advance(number, len(done), "")
    click.echo(f"Saved {saved} {what} in {folder}.", err=True)
    return saved
