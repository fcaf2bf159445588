"""The evaluation as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from models.evaluation.figures import Evaluation, Figure, Source
from models.evaluation.released import AblationRow
from models.evaluation.report.panels import panels
from models.evaluation.report.worst import FOUND, TRUTH, Case
from models.evaluation.targets import TARGETS
from models.evaluation.words import WORDS


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
        w=WORDS[evaluation.kind],
        style=style,
        made=f"{made:%Y-%m-%d %H:%M} UTC",
        tiles=list(_tiles(evaluation)),
        targets=rows,
        charts={name: list(panels(source, WORDS[evaluation.kind])) for name, source in evaluation.sources.items()},
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
        if s.by_centre:
            found = list(_lesion_tiles(s))
        yield from (Tile(f"{s.titled(name)}: {title}", figure) for title, figure in found if figure)


def _lesion_tiles(s: Source) -> Iterator[tuple[str, Figure | None]]:
    for name, group in (s.detection.lesions if s.detection else {}).items():
        yield from ((f"{name}, found at {r} false an image", group.sensitivity_at.get(r)) for r in ("1", "2"))
    for label, kind in (s.types.aucs if s.types else {}).items():
        yield f"{label}, of those found, AUC", kind.auc
    yield "a malignant finding in the image, AUC", s.malignant.auc if s.malignant else None
    yield "any finding or none, AUC", s.presence.auc if s.presence else None
