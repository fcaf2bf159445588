"""Damaged files through reading and the pipeline: each ends done, or rejected with a reason, and no process dies.

`make fuzz` runs 5,000 of them; FUZZ_COUNT and FUZZ_SEED say how many and which.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from mutants import bombs, mutants, whole_files

COUNT, SEED = int(os.environ.get("FUZZ_COUNT", "300")), int(os.environ.get("FUZZ_SEED", "0"))
RUNNER = Path(__file__).with_name("run_pipeline.py")
MOST_MEMORY_KB = 2_000_000
SECONDS_A_FILE = 2


@dataclass(frozen=True)
class Outcome:
    """How the process ended, its lines by the names of files, and the most memory it took."""

    code: int
    results: dict[str, dict[str, str]]
    max_kb: int
    log: str


def run(folder: Path, files: dict[str, bytes]) -> Outcome:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    command = [sys.executable, str(RUNNER), str(folder)]
    process = subprocess.run(
        command, capture_output=True, text=True, timeout=120 + SECONDS_A_FILE * len(files), check=False
    )
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    memory = next((line["max_kb"] for line in lines if "max_kb" in line), 0)
    results = {line["name"]: line for line in lines if "name" in line}
    return Outcome(process.returncode, results, memory, process.stderr[-4000:])


def complaints(outcome: Outcome, files: dict[str, bytes]) -> list[str]:
    """What went otherwise than it must."""
    lost = [f"{name}: no result" for name in files if name not in outcome.results]
    failed = [f"{name}: failed" for name, line in outcome.results.items() if line["status"] == "failed"]
    mute = [
        f"{name}: {line['reason']!r}"
        for name, line in outcome.results.items()
        if line["status"] == "rejected" and not (line["reason"] or "").endswith(".")
    ]
    return [*lost, *failed, *mute]


def test_whole_files_are_read(tmp_path: Path) -> None:
    files = whole_files()
    outcome = run(tmp_path, files)
    assert outcome.code == 0, outcome.log
    unread = {
        name: line["reason"] for name, line in outcome.results.items() if "look" not in (line["reason"] or "look")
    }
    assert {name.split(".")[0] for name in unread} <= {"SC_rgb_jpeg_gdcm", "SC_rgb_jpeg_dcmtk"}  # colour bars
    assert all("colour" in reason for reason in unread.values())
    assert len(outcome.results) == len(files)


@pytest.mark.timeout(120 + SECONDS_A_FILE * COUNT)
def test_damaged_files_end_done_or_rejected_with_a_reason(tmp_path: Path) -> None:
    files = dict(mutants(COUNT, SEED))
    outcome = run(tmp_path, files)
    assert complaints(outcome, files) == [], outcome.log
    assert outcome.code == 0, outcome.log
    assert outcome.max_kb < MOST_MEMORY_KB
    ended = Counter(line["status"] for line in outcome.results.values())
    assert set(ended) == {"done", "rejected"}  # both happen, or the mutants prove nothing


def test_small_files_that_promise_much_cost_little(tmp_path: Path) -> None:
    files = dict(bombs())
    outcome = run(tmp_path, files)
    assert complaints(outcome, files) == [], outcome.log
    assert outcome.code == 0, outcome.log
    assert outcome.max_kb < MOST_MEMORY_KB
    readable = {"nan.nii", "infinite.nii", "scaled.nii", "promised-frames.dcm", "frames.dcm"}
    assert {name for name, line in outcome.results.items() if line["status"] == "done"} <= readable
