"""The history of a run as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.training.progress import read_history

Lines = Sequence[Mapping[str, float]]


def draw_curves(run: Path) -> Path:
    """`run`/curves.png from the run's history: each loss by epoch, logarithmic, and the accuracy where there is one."""
    lines = read_history(run)
    losses, shares = ([name for name in lines[-1] if name.endswith(end)] for end in ("loss", "accuracy"))
    figure = Figure(figsize=(8 if not shares else 12, 5), layout="constrained")
    left, *right = figure.subplots(1, 2 if shares else 1, squeeze=False)[0]
    _draw(left, lines, losses)
    left.set(ylabel=_title("loss", losses), yscale="log")
    for axes in right:
        _draw(axes, lines, shares)
        axes.set(ylabel=_title("accuracy", shares))
    path = run / "curves.png"
    figure.savefig(path, dpi=110)
    return path


def _title(what: str, names: Sequence[str]) -> str:
    return f"{what} (dashed: validation)" if any(name.startswith("val_") for name in names) else what


def _draw(axes: Axes, lines: Lines, names: Sequence[str]) -> None:
    """Each figure by epoch, and dashed in its colour what it is in validation, where that was taken."""
    epochs = [line["epoch"] for line in lines]
    for name in (n for n in names if not n.startswith("val_")):
        (drawn,) = axes.plot(epochs, [line[name] for line in lines], label=name.replace("_", " "))
        if f"val_{name}" in names:
            validation = [line.get(f"val_{name}", float("nan")) for line in lines]
            axes.plot(epochs, validation, color=drawn.get_color(), linestyle="--")
    axes.set(xlabel="epoch")
    axes.legend()
