"""`oncoqueue demo`: the main job once, on a fresh stack of its own, by the commands that users type."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from shared.database import Database
from shared.errors import StartError
from shared.settings import load_settings
from shared.signals import stop_on_signals
from shared.stack import Stack, environment, locked, own_command, running_stack
from shared.store.depth import alert_depth
from shared.up import TEND_SECONDS

DEMO_SCANS = 40
INTERRUPTED = 130
ALERT_SECONDS = 15
# A demo keeps to itself, whatever this machine is set up for: nobody may be paged about synthetic scans.
NOT_FOR_DEMOS = ("redis_url", "database_url", "public_url", "alert_rules", "alert_to", "slack_webhook", "smtp_host")
SOME_NOT = 2  # `submit --wait`: some scans were rejected or failed, which the demo's broken files are meant to be


@click.command()
@click.argument("scans", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--keep", is_flag=True, help="Stay up afterwards, until Ctrl-C.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True)
def demo(scans: Path | None, keep: bool, folder: Path) -> None:
    """Run the main job on SCANS (default: synthetic scans, some of them broken on purpose) and show what came out.

    Everything lies in a fresh folder below FOLDER; what earlier demos left there is removed.
    """
    run = fresh_folder(folder)
    settings = load_settings().model_copy(
        update={"data_dir": run / "data", "port": 0, "host": "127.0.0.1"} | dict.fromkeys(NOT_FOR_DEMOS)
    )
    scans = scans or make_scans(run / "scans")
    stop = stop_on_signals()
    click.echo("Starting Redis, database, web server and workers ...")
    with running_stack(settings, give_up=stop.is_set) as stack:
        click.echo(f"OncoQueue is up at {stack.address}. Research use only.")
        batch = submit(stack, scans, stop)
        show_results(stack, batch, run)
        show_alerts(stack, stop)
        if keep:
            click.echo(f"Still up at {stack.address}/batches/{batch}. Ctrl-C stops it.")
        while keep and not stop.wait(TEND_SECONDS):
            stack.tend()


def fresh_folder(folder: Path) -> Path:
    """A new folder in `folder`, earlier ones removed, except where a demo still runs."""
    for old in filter(is_demo, folder.glob("*")):
        try:
            with locked(old / "data"):
                shutil.rmtree(old)
        except StartError:
            click.echo(f"A demo still runs on {old}.")
    run = folder.absolute() / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    run.mkdir(parents=True)
    return run


def is_demo(folder: Path) -> bool:
    """Whether an earlier demo made this folder: nothing else may be removed."""
    return bool(re.fullmatch(r"\d{8}-\d{6}", folder.name)) and (folder / "data" / "up.lock").is_file()


def make_scans(folder: Path) -> Path:
    """Synthetic scans, made by the command for it."""
    subprocess.run([*own_command("demo-scans"), str(folder), "--count", str(DEMO_SCANS)], check=True)
    return folder


def submit(stack: Stack, scans: Path, stop: threading.Event) -> int:
    """Submit and wait, tending the stack meanwhile; returns the batch's id. Progress goes to the terminal."""
    line = [*own_command("submit"), str(scans), "--wait", "--json"]
    with subprocess.Popen(line, env=client_environment(stack), stdout=subprocess.PIPE) as command:
        while command.poll() is None and not stop.wait(TEND_SECONDS):
            stack.tend()
        if command.poll() is None:
            command.terminate()
        output, _ = command.communicate()
    if stop.is_set() or command.returncode not in (0, SOME_NOT):
        sys.exit(command.returncode or INTERRUPTED)
    return int(json.loads(output)["batch"]["id"])


def show_results(stack: Stack, batch: int, run: Path) -> None:
    """The worklist, how many scans ended how, and where the files lie."""
    results = (*own_command("results"), str(batch))
    csv, overlays = run / "results.csv", run / "overlays"
    for arguments in ((*results, "--csv", str(csv)), (*results, "--overlays", str(overlays), "--top", "25")):
        subprocess.run(arguments, env=client_environment(stack), check=True)
    subprocess.run([*own_command("status"), str(batch)], env=client_environment(stack), check=True)
    click.echo(f"CSV:      {csv}\nOverlays: {overlays}")


def show_alerts(stack: Stack, stop: threading.Event) -> None:
    """What readers were told, once the last message is out: here into a folder instead of by email and Slack."""
    database = Database(stack.settings.database_address)
    deadline = time.monotonic() + ALERT_SECONDS
    while waiting_alerts(database) and time.monotonic() < deadline and not stop.wait(TEND_SECONDS):
        stack.tend()
    database.dispose()
    subprocess.run([*own_command("alerts")], env=client_environment(stack), check=True)
    click.echo(f"Alerts:   {stack.settings.data_dir / 'alerts'} (what email and Slack would carry)")


def waiting_alerts(database: Database) -> int:
    """How many messages are still on their way."""
    with database.read() as session:
        depth = alert_depth(session)
    return depth.pending + depth.sending


def client_environment(stack: Stack) -> dict[str, str]:
    """The environment in which the client's commands talk to this stack."""
    return {
        **environment(stack.settings),
        "ONCOQUEUE_SERVER_URL": stack.address,
        "COLUMNS": os.environ.get("COLUMNS", "120"),
    }
