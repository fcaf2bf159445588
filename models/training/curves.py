"""The history of a run as a picture."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.figure import Figure

from models.training.progress import HISTORY


def draw_curves(run: Path) -> Path:
    """`run`/curves.png from the run's history: each loss by epoch, logarithmic; dashed on the calibration patients."""
    lines = [json.loads(line) for line in (run / HISTORY).read_text(encoding="utf-8").splitlines()]
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    epochs = [line["epoch"] for line in lines]
    for name in (key for key in lines[-1] if key.endswith("loss") and not key.startswith("val_")):
        (drawn,) = axes.plot(epochs, [line[name] for line in lines], label=name.replace("_", " "))
        if f"val_{name}" in lines[-1]:
            validation = [line.get(f"val_{name}") for line in lines]
            axes.plot(epochs, validation, color=drawn.get_color(), linestyle="--")
    axes.set(xlabel="epoch", ylabel="loss (dashed: calibration patients, averaged weights)", yscale="log")
    axes.legend()
    path = run / "curves.png"
    figure.savefig(path, dpi=110)
    return path
