"""The main figures of an evaluation as a table on the console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.evaluation.figures import Evaluation, Figure, Source
from models.evaluation.released import AblationRow
from models.evaluation.words import WORDS


def print_figures(console: Console, evaluation: Evaluation, ablation: Sequence[AblationRow]) -> None:
    """The main ones of every source, with what flatters them."""
    title = f"{evaluation.title}, fold {', '.join(evaluation.folds)}, {evaluation.engine}. Research use only."
    table = Table("figure", "value (95 % interval over patient groups)", title=title, title_justify="left")
    if evaluation.seen:
        console.print(
            "The model, or its second stage, was trained on these images: the figures flatter.", style="bold red"
        )
    if evaluation.gate_seen:
        console.print("The gate was trained on some of these images: of others it refuses more.", style="bold red")
    words = WORDS[evaluation.kind]
    for name, source in evaluation.sources.items():
        table.add_section()
        table.add_row(Text(source.titled(name), style="bold"), f"{source.slices} images of {source.groups} groups")
        for label, figure in (_lesion_figures if source.by_centre else _main_figures)(source, words.tumour):
            table.add_row(label, str(figure) if figure else "not defined")
        if refused := source.refused_tumours + source.refused_free:
            counted = (
                f"{source.refused_tumours} with a {words.tumour}, so missed; {source.refused_free} without, left out"
            )
            table.add_row("refused, or not readable", f"{refused}: {counted}")
        if source.unknown_types:
            left_out = ", ".join(f"{count} {label}" for label, count in source.unknown_types.items())
            table.add_row("of types that the model does not know, and not in the figures by type", left_out)
    table.add_section()
    for row in ablation:
        shown = {"typed": row.type_accuracy, "Dice": row.dice, "found at 1 false an image": row.found}
        said = ", ".join(f"{name} {value:.3f}" for name, value in shown.items() if value is not None)
        table.add_row(f"without {row.without}" if row.without else "all steps", said)
    console.print(table)


def _main_figures(s: Source, tumour: str) -> Iterator[tuple[str, Figure | None]]:
    if s.types:
        yield "typed right", s.types.accuracy
        yield "... where it is not in doubt", s.types.certain_accuracy
        yield "share in doubt", s.types.doubt_share
        yield "calibration error of the type", s.types.reliability.error
        yield from ((f"AP50 {label}", c.precision.at_50) for label, c in s.types.classes.items())
        yield "mAP50", s.types.mean_precision.at_50
    if s.detection:
        yield "tumours with a reported box at IoU 0.5", s.detection.found
        yield "AP50 whatever the type", s.detection.precision.at_50
        yield "calibration error of the score", s.detection.scores.error if s.detection.scores else None
    if s.outlines:
        yield "Dice, mean", s.outlines.mean
        yield "Dice, median", s.outlines.median
    yield from _presence_figures(s, tumour)


def _lesion_figures(s: Source, tumour: str) -> Iterator[tuple[str, Figure | None]]:
    """Of lesions that are hit by a candidate's centre."""
    lesions = s.detection.lesions if s.detection else {}
    for name, group in lesions.items():
        yield f"{name}: reported", group.found
        yield from ((f"... found at {rate} false an image", f) for rate, f in group.sensitivity_at.items())
    if s.types:
        yield "typed right, of those found", s.types.accuracy
        yield from ((f"AUC of {label}, of those found", c.auc) for label, c in s.types.aucs.items())
    if s.malignant:
        yield "a malignant finding in the image, AUC", s.malignant.auc
        yield "... of border and histogram alone", s.malignant.control_auc
    if s.detection:
        yield "calibration error of the score", s.detection.scores.error if s.detection.scores else None
    yield from _presence_figures(s, tumour)


def _presence_figures(s: Source, tumour: str) -> Iterator[tuple[str, Figure | None]]:
    if s.presence:
        yield f"{tumour} or none, AUC", s.presence.auc
        yield "... of border and histogram alone", s.presence.control_auc
        yield "sensitivity: any region reported", s.presence.sensitivity
        yield f"reported regions per {tumour}-free image", s.presence.false_regions
        yield f"calibration error of P({tumour})", s.presence.reliability.error
