"""`oncoqueue submit`: send files to the server; run again, it goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from pydantic import ValidationError

from shared.schemas import BatchCreate, BatchView
from shared.settings import load_settings
from shared.states import BatchState, Priority
from web.client import Client, LeftOut, LocalFile, Skipped
from web.client.api import LONG_PATIENCE_SECONDS
from web.client.archives.unpacking import Unpacker
from web.client.files import common_folder, find_files
from web.client.submission import Submission, Submitted
from web.commands.display import describe_counts, progress, show_until_finished
from web.commands.exits import HELP, Exit, judge

SHOWN_ERRORS = 20


@dataclass
class Tally:
    """Counts what has become of the files."""

    left_out: int = 0
    submitted: int = 0
    uploaded: int = 0
    errors: list[Skipped] = field(default_factory=list)

    def add(self, outcomes: Sequence[Submitted]) -> None:
        """Count a group."""
        for outcome in outcomes:
            if outcome.error is not None:
                self.errors.append(Skipped(outcome.file.name, outcome.error))
            else:
                self.submitted += 1
                self.uploaded += outcome.uploaded


@click.command(epilog=HELP)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--urgent", is_flag=True, help="Analyse before all routine scans.")
@click.option("--wait", is_flag=True, help="Wait until every scan is analysed.")
@click.option("--name", help="Name of the batch. [default: that of the folder]")
@click.option("--jobs", type=click.IntRange(1, 32), default=4, show_default=True, help="Uploads at a time.")
@click.option("--all", "everything", is_flag=True, help="Send also what can be no scan.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def submit(
    paths: tuple[Path, ...], urgent: bool, wait: bool, name: str | None, jobs: int, everything: bool, as_json: bool
) -> None:
    """Send the files in PATHS (directories or files) to the server as one batch.

    Only bytes that the server lacks are uploaded. Hidden files are left out. Interrupted before
    everything is uploaded and run again with the same PATHS, it goes on with the same batch.

    ZIP, TAR and TAR.GZ archives are opened, also those inside an archive, and their members sent.

    In directories and archives, files that can be no scan are left out: PDF, DOCX, TXT, CSV, JSON, XML, HTML, PY,
    DICOMDIR, and empty ones that are not named as pictures. A file that is named itself is always sent.
    """
    found = list(find_files(paths, everything))
    files = [item for item in found if isinstance(item, LocalFile)]
    left_out = [item for item in found if isinstance(item, LeftOut)]
    tally = Tally(len(left_out), errors=[item for item in found if isinstance(item, Skipped)])
    show_left_out(left_out)
    if not files:
        show_errors(tally.errors)
        raise click.ClickException("There is no file to submit.")
    settings = load_settings()
    with Client.from_settings(settings) as client:
        batch = client.create_batch(describe(paths, name, Priority.URGENT if urgent else Priority.ROUTINE))
    say(f"Batch {batch.id}: {'going on, ' if batch.total else ''}{len(files)} files.", as_json)
    with Client.from_settings(settings, LONG_PATIENCE_SECONDS) as client:
        try:
            with TemporaryDirectory(prefix="oncoqueue-") as spool:
                unpacker = Unpacker(Path(spool), everything)
                batch = send(client, batch, unpacker, files, jobs, tally)
            if wait:
                batch = show_until_finished(client.watch(batch.id))
        except KeyboardInterrupt:
            click.echo(f"Interrupted. {what_goes_on(batch)}", err=True)
            sys.exit(Exit.INTERRUPTED)
    tally.left_out += len(unpacker.left_out)
    show_left_out(unpacker.left_out)
    tally.errors += unpacker.skipped
    show_errors(tally.errors)
    show_outcome(batch, tally, as_json)
    sys.exit(exit_code(batch, tally, wait))


def what_goes_on(batch: BatchView) -> str:
    """What becomes of a batch whose submitter stops: it is open until everything is uploaded."""
    if batch.state is BatchState.OPEN:
        return f"The same command goes on with batch {batch.id}."
    return f"Batch {batch.id} is submitted and goes on by itself: oncoqueue status {batch.id} --watch"


def describe(paths: Sequence[Path], name: str | None, priority: Priority) -> BatchCreate:
    """The batch for these paths. Its key is a hash, since folder names may name patients."""
    named = sorted({os.path.abspath(path) for path in paths})
    key = hashlib.sha256(json.dumps([priority.value, socket.gethostname(), os.getuid(), *named]).encode()).hexdigest()
    try:
        return BatchCreate(name=name or common_folder(paths).name or "scans", priority=priority, client_key=key)
    except ValidationError:
        if name is not None:
            raise click.UsageError("--name must have 1 to 200 characters and no control characters.") from None
        return BatchCreate(name="scans", priority=priority, client_key=key)


def send(
    client: Client, batch: BatchView, unpacker: Unpacker, files: Sequence[LocalFile], jobs: int, tally: Tally
) -> BatchView:
    """Submit the files, with the members of archives in their place, and close the batch."""
    with progress("Submitting") as advance:

        def report(outcomes: Sequence[Submitted]) -> None:
            tally.add(outcomes)
            for outcome in outcomes:
                unpacker.forget(outcome.file)
            refused = f", {len(tally.errors)} not" if tally.errors else ""
            advance(tally.submitted, max(len(files), unpacker.found), f"{tally.uploaded} uploaded{refused}")

        Submission(client, batch.id, jobs).run(unpacker.files(files), report)
    return client.close_batch(batch.id)


def show_left_out(files: Sequence[LeftOut]) -> None:
    """One line for all of them."""
    if files:
        kinds = " ".join(sorted({file.kind for file in files}))
        count = "1 file that is no scan" if len(files) == 1 else f"{len(files)} files that are no scans"
        click.echo(f"left out: {count} ({kinds}); --all sends {'it' if len(files) == 1 else 'them'}", err=True)


def show_errors(errors: Sequence[Skipped]) -> None:
    """Say which files were not submitted, and why; the first ones of many."""
    for error in errors[:SHOWN_ERRORS]:
        click.echo(f"Not submitted: {error.name}: {error.reason}", err=True)
    if len(errors) > SHOWN_ERRORS:
        click.echo(f"... and {len(errors) - SHOWN_ERRORS} more.", err=True)


def show_outcome(batch: BatchView, tally: Tally, as_json: bool) -> None:
    """The last word."""
    if as_json:
        errors = [{"path": error.name, "error": error.reason} for error in tally.errors]
        outcome = {"batch": batch.model_dump(mode="json"), "submitted": tally.submitted, "uploaded": tally.uploaded}
        click.echo(json.dumps({**outcome, "left_out": tally.left_out, "errors": errors}))
        return
    click.echo(
        f"Batch {batch.id}: {tally.submitted} scans submitted, {tally.uploaded} of them uploaded, "
        f"{len(tally.errors)} files not submitted. {describe_counts(batch.counts)}."
    )


def exit_code(batch: BatchView, tally: Tally, wait: bool) -> Exit:
    """Nothing submitted is a failure, a part of it or of the analysis a warning."""
    if tally.submitted == 0:
        return Exit.COULD_NOT
    if tally.errors:
        return Exit.SOME_NOT
    return judge(batch) if wait else Exit.ALL_DONE


def say(text: str, as_json: bool) -> None:
    """A remark for people: not where the output is read by a program."""
    click.echo(text, err=as_json)
