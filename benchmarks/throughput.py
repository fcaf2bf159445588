"""Scans per second: the network alone, the pipeline alone, and the whole stack from `submit` to results, side by side.

Run: .venv/bin/python benchmarks/throughput.py [COUNT]. Also prints the memory of each process of the stack.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from models.engines import load_engine
from models.pipeline import Pipeline, Source
from models.preprocessing import prepare
from models.reading import read_scan
from models.release import load_release
from models.synthetic import write_scans
from shared.demo import client_environment
from shared.settings import Settings
from shared.stack import Stack, own_command, running_stack

BATCH = 16


def network_alone(files: list[Path]) -> float:
    """Seconds of the bare batched loop: prepared arrays in, logits out."""
    release = load_release("brain-mri")
    inputs = np.stack([prepare(read_scan(f), release.recipe).steps.network_input for f in files])
    engine = load_engine(release, "litert")
    engine.predict(inputs[:BATCH])
    start = time.perf_counter()
    for i in range(0, len(inputs), BATCH):
        engine.predict(inputs[i : i + BATCH])
    seconds = time.perf_counter() - start
    engine.close()
    return seconds


def pipeline_alone(files: list[Path]) -> tuple[float, dict[str, float]]:
    """Seconds from files to reports and pictures without a queue, and the mean milliseconds of each stage."""
    with Pipeline.load("litert") as pipeline:
        list(pipeline.analyse([Source("warm", f) for f in files[:BATCH]]))
        start = time.perf_counter()
        timings = [a.timings for a in pipeline.analyse([Source(f.name, f) for f in files])]
        seconds = time.perf_counter() - start
    return seconds, {stage: 1000 * float(np.mean([t[stage] for t in timings])) for stage in timings[0]}


def whole_stack(stack: Stack, folder: Path) -> float:
    """Seconds of `oncoqueue submit --wait`, the start of the command included."""
    start = time.perf_counter()
    line = [*own_command("submit"), str(folder), "--wait", "--json"]
    done = subprocess.run(line, env=client_environment(stack), stdout=subprocess.PIPE, check=True)
    seconds = time.perf_counter() - start
    counts = json.loads(done.stdout)["batch"]["counts"]
    print(f"  ended: { ({k: v for k, v in counts.items() if v}) }")
    return seconds


def show_memory() -> None:
    """Resident and proportional memory of every process below this one."""
    for process in psutil.Process().children(recursive=True):
        memory, name = process.memory_full_info(), " ".join(process.cmdline()[3:])[-60:]
        print(f"  {memory.rss / 2**20:6.0f} MB resident, {memory.pss / 2**20:6.0f} MB proportional  {name}")


def main() -> None:
    """Measure all three on the same files in one run."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    with tempfile.TemporaryDirectory() as folder:
        scans = Path(folder) / "scans"
        write_scans(scans, count, seed=7, broken=False)
        files = sorted(f for f in scans.iterdir() if not f.name.startswith("."))
        bare = network_alone(files)
        piped, stages = pipeline_alone(files)
        with running_stack(Settings(data_dir=Path(folder) / "data", port=0)) as stack:
            queued = whole_stack(stack, scans)
            print("memory:")
            show_memory()
    print("stages, ms a scan in its thread: " + ", ".join(f"{k} {v:.1f}" for k, v in stages.items()))
    for name, seconds in (("network alone, batched loop", bare), ("pipeline alone", piped), ("whole stack", queued)):
        print(f"{name:28} {count / seconds:7.1f} scans/s")


if __name__ == "__main__":
    main()
