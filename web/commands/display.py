"""What the commands show: bars and tables on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from shared.schemas import BatchView, Counts

PLAIN_SECONDS = 5.0  # between two lines of progress where there is no terminal
NOTICE = "Research use only"
BORDER_CHARS = 3  # a line and two blanks for each column
FOLDED_CHARS = 10  # what a column that folds needs to be read
Advance = Callable[[int, int, str], None]


@contextmanager
def progress(title: str) -> Iterator[Advance]:
    """A function to call with (done, total, remark): a bar on a terminal, else a line every few seconds on stderr."""
    console = Console(stderr=True, markup=False, highlight=False)
    if not console.is_terminal:
        yield _plain_progress(title)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}", markup=False),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=None, remark="")
        yield lambda done, total, remark: bar.update(task, completed=done, total=total, remark=remark)


def _plain_progress(title: str) -> Advance:
    shown_at = -PLAIN_SECONDS

    def advance(done: int, total: int, remark: str) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if done == total or now - shown_at >= PLAIN_SECONDS:
            shown_at = now
            click.echo(f"{title}: {done}/{total} {remark}".rstrip(), err=True)

    return advance


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]], whole: Sequence[str] = ()) -> None:
    """A table on a terminal; lines with tabs elsewhere, and the notice on stderr: scripts read the lines.

    The columns in `whole` keep a line each on a terminal that is wide enough; the others fold before them.
    """
    if not sys.stdout.isatty():
        for row in (headings, *rows):
            click.echo("\t".join(row))
        click.echo(NOTICE, err=True)
        return
    console = Console(markup=False, highlight=False, emoji=False)
    fits = narrowest(headings, rows, whole) <= console.width
    table = Table(caption=NOTICE)
    for heading in headings:
        # Where not all fits, all fold: else the others would be squeezed to nothing.
        table.add_column(heading, overflow="fold", no_wrap=fits and heading in whole)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def narrowest(headings: Sequence[str], rows: Sequence[Sequence[str]], whole: Sequence[str]) -> int:
    """The characters that a table takes whose columns in `whole` do not fold."""
    width = 1
    for heading, *cells in zip(headings, *rows, strict=True):
        longest = max(map(cell_len, (heading, *cells)))
        width += BORDER_CHARS + (longest if heading in whole else min(longest, FOLDED_CHARS))
    return width


def describe_counts(counts: Counts) -> str:
    """The states that are not empty, e.g. `3 running, 10 done`."""
    return ", ".join(f"{count} {state}" for state, count in counts if count)


def ended(counts: Counts) -> int:
    """How many scans are neither waiting nor running."""
    return counts.done + counts.failed + counts.rejected + counts.cancelled


def every_scan(total: int) -> str:
    """The subject and the verb for all scans of a batch, of which there is at least one."""
    return "its one scan is" if total == 1 else f"all {total} scans are"


def show_until_finished(batches: Iterator[BatchView]) -> BatchView:
    """Show progress until the iterator, which gives at least one batch, ends; gives its last."""
    with progress("Analysing") as advance:
        for batch in batches:
            counts = batch.counts
            advance(ended(counts), batch.total, describe_counts(counts))
    return batch
