"""A confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure


def draw_confusion(confusion: Mapping[str, Mapping[str, int]], title: str, path: Path) -> None:
    """Counts of pictures by true (rows) and said (columns) class, shaded by the share of the row, as PNG."""
    names = list(confusion)
    counts = np.array([[confusion[true][said] for said in names] for true in names])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(2.5 + len(names), 2 + len(names)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count}\n{shares[row, column]:.0%}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="said", ylabel="true", title=title)
    figure.savefig(path, dpi=110)
