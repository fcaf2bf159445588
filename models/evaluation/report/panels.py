"""The charts of one source, each with a title and a note."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from models.evaluation.figures import Detection, Figure, Point, Source
from models.evaluation.report import charts
from models.evaluation.words import Words

Panel = tuple[str, str, str]
"""Title, SVG, note."""


def panels(source: Source, words: Words) -> Iterator[Panel]:
    """All that the source's figures define; each title says what the source is, where its name does not."""
    for title, svg, note in chain(
        _rocs(source, words), _froc(source, words), _dice(source), _probabilities(source, words)
    ):
        yield source.titled(title), svg, note


def _rocs(s: Source, words: Words) -> Iterator[Panel]:
    classes = {} if s.types is None else s.types.aucs if s.by_centre else s.types.classes
    drawn = {
        "ROC of each type": {f"{t}, AUC {_value(c.auc)}": c.roc for t, c in classes.items() if c.roc},
        f"ROC, {words.tumour} or none": {_value(s.presence.auc): s.presence.roc} if s.presence else {},
        "ROC, malignant or not": {_value(s.malignant.auc): s.malignant.roc} if s.malignant else {},
    }
    for title, rocs in drawn.items():
        if any(rocs.values()):
            yield title, charts.curves(rocs, "1 - specificity", "sensitivity", diagonal=True), ""


def _froc(s: Source, words: Words) -> Iterator[Panel]:
    if s.detection:
        hit = "a hit by the centre of a candidate's box" if s.by_centre else "a hit from IoU 0.5 on"
        note = f"All candidates, also those not reported; {hit}, whatever the type."
        yield (
            "FROC",
            charts.curves(
                _froc_lines(s.detection), "false candidates per image", f"{words.tumour}s found", logarithmic=True
            ),
            note,
        )


def _froc_lines(detection: Detection) -> dict[str, tuple[Point, ...]]:
    return {name: group.froc for name, group in detection.lesions.items()} or {"": detection.froc}


def _dice(s: Source) -> Iterator[Panel]:
    if s.outlines:
        low, high = s.outlines.quartiles
        note = f"Half of the images lie between {low:.2f} and {high:.2f}; 0: nothing reported, or elsewhere."
        yield "Dice", charts.histogram(s.outlines.histogram, "Dice", "images"), note


def _probabilities(s: Source, words: Words) -> Iterator[Panel]:
    bins = {
        "type that was said": s.types and s.types.reliability.bins,
        f"{words.tumour} in the image": s.presence and s.presence.reliability.bins,
        f"a region is a {words.tumour}": s.detection and s.detection.scores and s.detection.scores.bins,
    }
    if any(bins.values()):
        drawn = charts.reliability({name: found for name, found in bins.items() if found})
        yield "Reliability", drawn, "A dot's area grows with the number of images, or regions, in it."
    if s.types:
        cases = f"{words.tumour}s" if s.by_centre else words.images
        note = f"Setting aside the {cases} of least sure type; the dotted line is a tenth."
        yield "Accuracy against doubt", charts.doubt(s.types.doubt), note


def _value(figure: Figure | None) -> str:
    return f"{figure.value:.3f}" if figure else "-"
