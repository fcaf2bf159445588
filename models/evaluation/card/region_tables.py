"""The tables of figures in a region network's card: one row, or one table, for every source that defines them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from models.evaluation.card.lesion_tables import lesion_tables
from models.evaluation.card.sections import paragraph, table, targets
from models.evaluation.figures import Evaluation, Source, Types
from models.evaluation.targets import TARGETS
from models.evaluation.words import WORDS


def tables(evaluation: Evaluation) -> Iterator[str]:
    """All of them, with the sentences between them; empty where no source defines the figures."""
    yield _sources(evaluation)
    yield from (_unknown_types(name, source) for name, source in evaluation.sources.items())
    by_overlap = {name: source for name, source in evaluation.sources.items() if not source.by_centre}
    for name, source in by_overlap.items():
        if source.types:
            yield from _typed(name, source, source.types)
    yield _regions(by_overlap)
    yield _sizes(by_overlap)
    yield from lesion_tables(evaluation)
    yield _presence(evaluation)
    yield _across(evaluation)
    yield "Against the targets that were set beforehand; the figure itself is compared, not its interval:"
    yield targets((t.task, t.goal, t.figure(evaluation), t.reached(evaluation)) for t in TARGETS[evaluation.kind])


def _sources(evaluation: Evaluation) -> str:
    words = WORDS[evaluation.kind]
    header = ["images of", words.images, "groups", f"with a {words.tumour}", "... refused, so missed",
              "refused without, so left out"]  # fmt: skip
    rows = [
        [s.titled(name), s.slices, s.groups, s.tumours, s.refused_tumours, s.refused_free]
        for name, s in evaluation.sources.items()
    ]
    if any(s.by_centre for s in evaluation.sources.values()):
        header += ["of unknown place", "with none but such as do not count"]
        rows = [[*row, s.nowhere, s.uncounted] for row, s in zip(rows, evaluation.sources.values(), strict=True)]
    return table(header, rows)


def _unknown_types(name: str, source: Source) -> str:
    if not source.unknown_types:
        return ""
    counts = ", ".join(f"{count} {label}" for label, count in source.unknown_types.items())
    return paragraph(f"In no figure by type of {name}, as the model does not know theirs: {counts}.")


def _typed(name: str, source: Source, types: Types) -> Iterator[str]:
    rows = [
        ("Slices typed right", types.accuracy),
        ("... of those not in doubt", types.certain_accuracy),
        ("... share in doubt", types.doubt_share),
        ("Calibration error of the type (ECE)", types.reliability.error),
        ("mAP at IoU 0.5", types.mean_precision.at_50),
        ("mAP at IoU 0.50 to 0.95", types.mean_precision.at_50_to_95),
    ]
    yield table((f"type in {name}, {source.groups} groups", ""), rows)
    header = ("type against the rest", "slices", "groups", "sensitivity", "specificity", "AUC", "AP50", "mean Dice")
    yield table(
        header,
        [
            (t, c.count, c.groups, c.sensitivity, c.specificity, c.auc, c.precision.at_50, c.dice)
            for t, c in types.classes.items()
        ],
    )
    said = list(next(iter(types.confusion.values())))
    yield table(("true \\ said", *said), [(t, *row.values()) for t, row in types.confusion.items()])


def _regions(sources: Mapping[str, Source]) -> str:
    header = ("regions, whatever their type", "groups", "tumours with a reported box at IoU 0.5", "AP50", "AP50:95",
              "Dice, mean", "Dice, median", "Dice, quartiles", "ECE of the score")  # fmt: skip
    rows = [
        (
            name,
            s.groups,
            d.found,
            d.precision.at_50,
            d.precision.at_50_to_95,
            s.outlines and s.outlines.mean,
            s.outlines and s.outlines.median,
            s.outlines and "{:.3f} to {:.3f}".format(*s.outlines.quartiles),
            d.scores and d.scores.error,
        )
        for name, s in sources.items()
        if (d := s.detection)
    ]
    return table(header, rows) if rows else ""


def _sizes(sources: Mapping[str, Source]) -> str:
    header = ("equivalent diameter", "slices", "groups", "reported box at IoU 0.5", "mean Dice", "typed right")
    rows = [
        (f"{name}: {r.size}", r.count, r.groups, r.found, r.dice, r.accuracy)
        for name, s in sources.items()
        for r in s.sizes
    ]
    return table(header, rows) if rows else ""


def _presence(evaluation: Evaluation) -> str:
    words, centre = WORDS[evaluation.kind], any(s.by_centre for s in evaluation.sources.values())
    on_it = "of all lesions, with a region on it" if centre else f"a region on the {words.tumour} (IoU 0.5)"
    header = (f"{words.tumour} or none, inside one source", "groups", "AUC", "AUC of border and histogram alone",
              "sensitivity: any region is reported", f"... {on_it}", "specificity",
              f"reported regions per {words.tumour}-free {words.image}", "ECE")  # fmt: skip
    rows = [
        (
            s.titled(name),
            s.groups,
            p.auc,
            p.control_auc,
            p.sensitivity,
            s.detection and s.detection.found,
            p.specificity,
            p.false_regions,
            p.reliability.error,
        )
        for name, s in evaluation.sources.items()
        if (p := s.presence)
    ]
    return table(header, rows) if rows else ""


def _across(evaluation: Evaluation) -> str:
    across = evaluation.across
    if across is None or across.control_auc is None or across.source_accuracy is None:
        return ""
    return paragraph(
        f"Over all sources together, border and histogram alone reach an AUC of {across.control_auc} (the model: "
        f"{across.model_auc}) and name the collection with {across.source_accuracy:.1%} balanced accuracy: a figure "
        "across sources measures the source."
    )
