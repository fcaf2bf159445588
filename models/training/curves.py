"""The history of a run as a picture."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.figure import Figure


def draw_curves(run: Path) -> Path:
    """`run`/curves.png from `run`/history.jsonl: each loss by epoch, on a logarithmic axis."""
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name in (key for key in lines[-1] if key.endswith("loss")):
        axes.plot([line["epoch"] for line in lines], [line[name] for line in lines], label=name.replace("_", " "))
    axes.set(xlabel="epoch", ylabel="loss", yscale="log")
    axes.legend()
    path = run / "curves.png"
    figure.savefig(path, dpi=110)
    return path
