"""Charts as SVG that takes its colours from the page, so that one drawing serves light and dark."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from models.evaluation.figures import Bin, Point

SIZE = (4.6, 3.4)  # inches of 72 SVG points
# Stand-ins that the style sheet's variables replace; any colour would do that nothing else has.
INK, FAINT = "#010203", "#010204"
SERIES = ("#010205", "#010206", "#010207", "#010208")
LONG_NAME = 27  # letters: two such do not fit side by side
DASHES = ("-", "--", "-.", ":")  # from the fifth series on colours come again, in another dash
_VARIABLES = {INK: "var(--ink)", FAINT: "var(--line)", **{c: f"var(--series-{i + 1})" for i, c in enumerate(SERIES)}}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "oncoqueue", "font.size": 9, "text.color": INK, "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.color": FAINT, "grid.linewidth": 0.6, "axes.axisbelow": True,
    "legend.frameon": False,
}  # fmt: skip


def curves(
    named: Mapping[str, Sequence[Point]], x: str, y: str, diagonal: bool = False, logarithmic: bool = False
) -> str:
    """One line a name, both axes from 0 to 1 unless `logarithmic`, which is for counts per image."""
    with mpl.rc_context(_STYLE):
        drawing, axes = _axes(x, y)
        if diagonal:
            axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        for (name, points), style in zip(named.items(), _styles(), strict=False):
            axes.step(*zip(*points, strict=True), where="post", linewidth=1.8, label=name, **style)
        if logarithmic:
            axes.set_xscale("log")
            axes.set_xlim(0.01, 10)
            axes.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
        if len(named) > 1:
            _name(drawing)
        return _svg(drawing, f"{y} against {x}")


def reliability(named: Mapping[str, Sequence[Bin]]) -> str:
    """What was said against what came true; a dot's area grows with the slices in it."""
    with mpl.rc_context(_STYLE):
        drawing, axes = _axes("probability said", "share that came true")
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        for (name, bins), style in zip(named.items(), _styles(), strict=False):
            said, seen = [b.said for b in bins], [b.seen for b in bins]
            total = sum(b.count for b in bins)
            axes.plot(said, seen, linewidth=1.2, label=name, **style)
            sizes = [15 + 250 * b.count / total for b in bins]
            axes.scatter(said, seen, sizes, color=style["color"], alpha=0.75, linewidths=0, clip_on=False)
        _name(drawing)
        return _svg(drawing, "Reliability diagram")


def histogram(counts: Sequence[int], x: str, y: str) -> str:
    """Equal bins from 0 to 1."""
    with mpl.rc_context(_STYLE):
        drawing, axes = _axes(x, y)
        width = 1 / len(counts)
        axes.bar([(i + 0.5) * width for i in range(len(counts))], counts, width * 0.9, color=SERIES[0])
        axes.set_ylim(0, 1.05 * max(1, *counts))
        return _svg(drawing, f"{y} by {x}")


def doubt(points: Sequence[Point]) -> str:
    """Accuracy on the rest against the share set aside; the axis shows where it matters."""
    with mpl.rc_context(_STYLE):
        drawing, axes = _axes("share set aside as in doubt", "typed right, of the rest")
        axes.plot(*zip(*points, strict=True), color=SERIES[0], linewidth=1.8)
        axes.axvline(0.1, color=INK, linewidth=0.8, linestyle=":")
        axes.set_xlim(0, 0.5)
        axes.set_ylim(min(0.9, min(y for _, y in points) - 0.01), 1.002)
        return _svg(drawing, "Accuracy against doubt")


def _styles() -> Iterator[dict[str, Any]]:
    """Without end, so that no series is ever left out."""
    pairs = itertools.cycle(itertools.product(DASHES, SERIES))
    return ({"color": colour, "linestyle": dash} for dash, colour in pairs)


def _axes(x: str, y: str) -> tuple[Drawing, Axes]:
    drawing = Drawing(figsize=SIZE, layout="constrained")
    axes = drawing.subplots()
    axes.set(xlabel=x, ylabel=y, xlim=(0, 1), ylim=(0, 1.02))
    return drawing, axes


def _name(drawing: Drawing) -> None:
    """The series' names above the axes, where no curve runs."""
    longest = max(len(str(label)) for axes in drawing.axes for label in axes.get_legend_handles_labels()[1])
    drawing.legend(loc="outside upper left", ncols=2 if longest < LONG_NAME else 1, handlelength=1.6, columnspacing=1.2)


def _svg(drawing: Drawing, title: str) -> str:
    """The drawing as an inline SVG element that fills its column and has a name for those who do not see it."""
    file = io.StringIO()
    drawing.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Title": title})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1
    )
    for stand_in, variable in _VARIABLES.items():
        svg = svg.replace(stand_in, variable)
    return svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
