"""The main job as users run it: a real stack, the real commands, the shipped weights, synthetic scans."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from models.synthetic import write_scans
from shared.demo import client_environment
from shared.settings import Settings
from shared.stack import Stack, running_stack

COUNT, BROKEN = 12, 6
WEB_MB = 150
PARTS = ("web", "worker", "alert-worker", "beat")


@dataclass(frozen=True)
class Run:
    """A stack with one batch submitted and finished."""

    stack: Stack
    scans: Path
    batch: int
    exit_code: int

    def command(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return oncoqueue(self.stack, *arguments)


def oncoqueue(stack: Stack, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-P", "-m", "shared.cli", *map(str, arguments)]
    return subprocess.run(line, env=client_environment(stack), capture_output=True, text=True, timeout=170)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("e2e")
    write_scans(folder / "scans", COUNT, seed=3, broken=True)
    with running_stack(Settings(data_dir=folder / "data", port=0)) as stack:
        submitted = oncoqueue(stack, "submit", folder / "scans", "--wait", "--json")
        batch = json.loads(submitted.stdout)["batch"]["id"]
        yield Run(stack, folder / "scans", batch, submitted.returncode)


def processes(stack: Stack) -> dict[str, set[psutil.Process]]:
    """Our Python processes below this one, by command; a forked child has its parent's command line."""
    found: dict[str, set[psutil.Process]] = {}
    for process in psutil.Process().children(recursive=True):
        line = process.cmdline()
        name = "web" if "web.server" in line else next((n for n in line[-1:] if n in PARTS), None)
        if name:
            found.setdefault(name, set()).add(process)
    return found


def test_every_scan_ends_done_and_every_broken_file_rejected_with_a_reason(run: Run) -> None:
    assert run.exit_code == 2  # some were rejected
    lines = [json.loads(line) for line in run.command("results", str(run.batch), "--json").stdout.splitlines()]
    by_status = {s: [r for r in lines if r["status"] == s] for s in ("done", "rejected")}
    assert len(by_status["done"]) == COUNT
    assert len(by_status["rejected"]) == BROKEN
    assert all(r["reason"] for r in by_status["rejected"])
    assert all(r["model"]["version"] and 0 <= r["urgency"] <= 1 for r in by_status["done"])


def test_most_drawn_lesions_are_reported(run: Run) -> None:
    truth = json.loads((run.scans / ".truth.json").read_text())
    lines = [json.loads(line) for line in run.command("results", str(run.batch), "--json").stdout.splitlines()]
    reported = {r["path"]: any(f["reported"] for f in r["findings"]) for r in lines if r["status"] == "done"}
    with_lesion = [path for path in reported if truth[path]["lesions"]]
    assert len(with_lesion) >= 4
    assert sum(reported[path] for path in with_lesion) >= 0.7 * len(with_lesion)


def test_results_come_as_csv_and_overlays(run: Run, tmp_path: Path) -> None:
    run.command("results", str(run.batch), "--csv", tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == COUNT + BROKEN
    run.command("results", str(run.batch), "--overlays", tmp_path / "overlays")
    pictures = list((tmp_path / "overlays").rglob("*.png"))
    assert len(pictures) == COUNT
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in pictures)


def test_the_same_directory_again_is_answered_from_what_there_is(run: Run) -> None:
    again = json.loads(run.command("submit", run.scans, "--wait", "--json").stdout)
    assert again["uploaded"] == 0
    assert again["batch"]["id"] != run.batch
    assert again["batch"]["counts"]["done"] == COUNT


def test_the_web_process_stays_small_and_no_process_loads_tensorflow(run: Run) -> None:
    found = processes(run.stack)
    assert set(found) == set(PARTS)
    assert sum(p.memory_info().rss for p in found["web"]) < WEB_MB * 2**20
    for process in set().union(*found.values()):
        loaded = {Path(m.path).name for m in process.memory_maps()}
        assert not any("tensorflow" in name for name in loaded)
