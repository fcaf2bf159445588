"""The evaluation as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from models.evaluation.figures import Evaluation, Figure, Source
from models.evaluation.released import AblationRow
from models.evaluation.report import charts
from models.evaluation.report.worst import FOUND, TRUTH, Case
from models.evaluation.targets import TARGETS

Panel = tuple[str, str, str]
"""Title, SVG, note."""


@dataclass(frozen=True)
class Tile:
    """One of the figures at the head of the report."""

    title: str
    figure: Figure


def render_report(
    evaluation: Evaluation, cases: Sequence[Case], ablation: Sequence[AblationRow], made: datetime
) -> str:
    """The HTML. `cases` are pictures of patients: without them the report holds none."""
    environment = Environment(
        loader=PackageLoader("models.evaluation", "report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style, _, _ = environment.loader.get_source(environment, "style.css") if environment.loader else ("", "", None)
    rows = [(t, figure, t.reached(evaluation)) for t in TARGETS[evaluation.kind] if (figure := t.figure(evaluation))]
    return environment.get_template("report.html").render(
        e=evaluation,
        style=style,
        made=f"{made:%Y-%m-%d %H:%M} UTC",
        tiles=list(_tiles(evaluation)),
        targets=rows,
        charts={name: list(_charts(source)) for name, source in evaluation.sources.items()},
        controls=any(s.presence and s.presence.control_auc for s in evaluation.sources.values()),
        ablation=ablation,
        cases=cases,
        truth_colour=TRUTH,
        found_colour=FOUND,
    )


def _tiles(evaluation: Evaluation) -> Iterator[Tile]:
    for name, s in evaluation.sources.items():
        found = [
            ("typed right", s.types and s.types.accuracy),
            ("mAP50 over the types", s.types and s.types.mean_precision.at_50),
            ("mean Dice", s.outlines and s.outlines.mean),
            ("median Dice", s.types and s.outlines and s.outlines.median),
            ("tumour or none, AUC", s.presence and s.presence.auc),
            ("any region reported", s.presence and s.presence.sensitivity),
            ("region on the tumour", s.detection and s.detection.found),
        ]
        yield from (Tile(f"{name}: {title}", figure) for title, figure in found if figure)


def _charts(s: Source) -> Iterator[Panel]:
    if s.types:
        rocs = {f"{t}, AUC {_value(c.auc)}": c.roc for t, c in s.types.classes.items() if c.roc}
        yield "ROC of each type", charts.curves(rocs, "1 - specificity", "sensitivity", diagonal=True), ""
    if s.presence and s.presence.roc:
        rocs = {f"{_value(s.presence.auc)}": s.presence.roc}
        yield "ROC, tumour or none", charts.curves(rocs, "1 - specificity", "sensitivity", diagonal=True), ""
    if s.detection:
        froc = charts.curves({"": s.detection.froc}, "false candidates per image", "tumours found", logarithmic=True)
        yield "FROC", froc, "All candidates, also those not reported; a hit from IoU 0.5 on, whatever the type."
    if s.outlines:
        low, high = s.outlines.quartiles
        note = f"Half of the images lie between {low:.2f} and {high:.2f}; 0: nothing reported, or elsewhere."
        yield "Dice", charts.histogram(s.outlines.histogram, "Dice", "images"), note
    bins = {
        "type that was said": s.types and s.types.reliability.bins,
        "tumour in the image": s.presence and s.presence.reliability.bins,
        "a region is a tumour": s.detection and s.detection.scores and s.detection.scores.bins,
    }
    if any(bins.values()):
        drawn = charts.reliability({name: found for name, found in bins.items() if found})
        yield "Reliability", drawn, "A dot's area grows with the number of images, or regions, in it."
    if s.types:
        note = "Setting aside the slices of least sure type; the dotted line is a tenth."
        yield "Accuracy against doubt", charts.doubt(s.types.doubt), note


def _value(figure: Figure | None) -> str:
    return f"{figure.value:.3f}" if figure else "-"
