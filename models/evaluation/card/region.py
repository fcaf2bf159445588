"""The card of a network that finds and types regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.digests import values_digest
from models.evaluation.card.sections import (
    bullets,
    files,
    interval_note,
    licence,
    paragraph,
    section,
    table,
    targets,
    title,
)
from models.evaluation.decoding import decode
from models.evaluation.figures import AblationRow, Evaluation, Made, ReleaseFigures, Source, Types
from models.evaluation.targets import TARGETS

CARD = "region"  # what evaluation.json names
LIMITS = (
    "Three types only; any other mass is given one of them. `certain: false` marks doubt.",
    "What is no brain MRI at all is for the gate to refuse, which has a card of its own; this one answers all.",
    "Typing was learnt and measured on contrast-enhanced T1 alone; every FLAIR tumour it saw was a glioma.",
    "Tumour or none is measured inside one source each; a figure across sources would measure the source.",
    "One slice at a time: no neighbouring slices, no clinical data, no comparison with earlier scans.",
    "P(malignant) follows from the type's share in cancer registries, not from this image.",
)


def region_card(release: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """From the values of release.json and evaluation.json. Raises ValueError where they are not of one release."""
    figures = decode(ReleaseFigures, evaluation)
    if figures.release_digest != values_digest(release):
        raise ValueError("the evaluation was made of another release.json")
    parts = [title(release["name"], release["version"], figures.release), _what(release["types"], figures.made)]
    parts.append(_training(figures.made))
    if figures.evaluations:
        own = figures.evaluations[0]  # the engine that ships; `_export` compares
        parts.append(_figures(f"Figures of these very weights on fold {', '.join(own.folds)}", own))
    if figures.cross_validation:
        parts.append(_cross_validation(figures.cross_validation))
    if not figures.evaluations and not figures.cross_validation:
        parts.append(section("Figures", "These weights have not been evaluated."))
    parts += [_export(figures.evaluations), _ablation(figures.ablation)]
    parts += [section("Limits", bullets(LIMITS)), files(release["files"])]
    parts.append(licence("The lower-grade glioma images are CC BY-NC-SA; the licence of Br35H is unclear."))
    return "".join(parts)


def _what(types: list[str], made: Made) -> str:
    return "\n" + paragraph(
        f"Finds tumour regions in single brain-MRI slices, types each ({', '.join(types)}), says how likely the slice "
        "holds a tumour at all, and derives benign or malignant from the type (shares and why: `models/presets.py`). "
        f"A U-Net decoder on an EfficientNet-Lite0 encoder (ImageNet), {made.size} x {made.size} pixels, trained by "
        f"`oncoqueue train {made.config}` with `models/configs/{made.config}.toml`, seed {made.seed}, {made.epochs} "
        "epochs."
    ) + "\n"  # fmt: skip


def _training(made: Made) -> str:
    everything = "All folds of these collections: no part was held out, so these very weights have no figure on them."
    held_out = (
        f"Folds other than {made.fold} of these collections; training and calibration never saw fold {made.fold}."
    )
    return section(
        "Trained on",
        paragraph(
            f"{everything if made.fold == 'none' else held_out} Split by patient or near-duplicate group. Calibration "
            f"was fitted on groups kept aside ({made.calibration}). Each epoch also held {made.synthetic} synthetic "
            "slices of the kind that `oncoqueue demo-scans` makes."
        ),
        bullets(made.collections),
        *map(paragraph, made.notes),
    )


def _figures(heading: str, evaluation: Evaluation) -> str:
    typed = [table_of for name, s in evaluation.sources.items() if s.types for table_of in _typed(name, s, s.types)]
    return section(
        heading,
        paragraph(f"Run as users run it, through the {evaluation.engine} engine. {_seen(evaluation)}"),
        interval_note(),
        "Intervals of average precision rest on 200 resamples, all others on 1,000.",
        *typed,
        _presence(evaluation),
        _across(evaluation),
        "Against the targets that were set beforehand; the figure itself is compared, not its interval:",
        targets((t.task, t.goal, t.figure(evaluation), t.reached(evaluation)) for t in TARGETS),
    )


def _seen(evaluation: Evaluation) -> str:
    return "**These slices were trained on: the figures flatter.**" if evaluation.seen else ""


def _cross_validation(evaluation: Evaluation) -> str:
    many = f"Cross-validated: {len(evaluation.releases)} sister trainings of this design, each on its own held-out fold"
    return _figures(many, evaluation)


def _typed(name: str, source: Source, types: Types) -> list[str]:
    rows: list[tuple[str, object]] = [
        ("Slices typed right", types.accuracy),
        ("... of those not in doubt", types.certain_accuracy),
        ("... share in doubt", types.doubt_share),
        ("... of the nine tenths least in doubt", types.surest),
        ("Calibration error of the type (ECE)", types.reliability.error),
        ("mAP at IoU 0.5", types.mean_precision.at_50),
        ("mAP at IoU 0.50 to 0.95", types.mean_precision.at_50_to_95),
    ]
    if source.outlines:
        low, high = source.outlines.quartiles
        rows += [("Dice, mean", source.outlines.mean), ("Dice, median", source.outlines.median)]
        rows.append(("Dice, quartiles", f"{low:.3f} to {high:.3f}"))
    classes = [
        (t, c.count, c.sensitivity, c.specificity, c.auc, c.precision.at_50, c.dice) for t, c in types.classes.items()
    ]
    said = list(next(iter(types.confusion.values())))
    sizes = [(r.size, r.count, r.found, r.dice, r.accuracy) for r in source.sizes]
    return [
        table((f"{name}: {source.slices} slices of {source.groups} groups", ""), rows),
        table(("type against the rest", "slices", "sensitivity", "specificity", "AUC", "AP50", "mean Dice"), classes),
        table(("true \\ said", *said), [(t, *row.values()) for t, row in types.confusion.items()]),
        table(("equivalent diameter", "slices", "found at IoU 0.5", "mean Dice", "typed right"), sizes),
    ]


def _presence(evaluation: Evaluation) -> str:
    rows = [
        (
            f"{n}, {s.slices} slices",
            p.auc,
            p.control_auc,
            p.sensitivity,
            p.specificity,
            p.false_regions,
            p.reliability.error,
        )
        for n, s in evaluation.sources.items()
        if (p := s.presence)
    ]
    header = ("tumour or none, inside one source", "AUC", "AUC of border and histogram alone", "sensitivity",
              "specificity", "reported regions per tumour-free slice", "ECE")  # fmt: skip
    return table(header, rows) if rows else ""


def _across(evaluation: Evaluation) -> str:
    across = evaluation.across
    if across is None or across.control_auc is None or across.source_accuracy is None:
        return ""
    return paragraph(
        f"Over all sources together, border and histogram alone reach an AUC of {across.control_auc} (the model: "
        f"{across.model_auc}) and name the source with {across.source_accuracy:.1%} balanced accuracy: a figure across "
        "sources measures the source."
    )


def _export(evaluations: tuple[Evaluation, ...]) -> str:
    rows = [
        (e.engine, s.types.accuracy, s.outlines and s.outlines.mean, s.types.mean_precision.at_50)
        for e in evaluations
        for s in e.sources.values()
        if s.types
    ]
    if len(rows) < 2:
        return ""
    return section("What the export costs", table(("engine", "typed right", "mean Dice", "mAP50"), rows))


def _ablation(rows: tuple[AblationRow, ...]) -> str:
    if not rows:
        return ""
    return section(
        "What each preprocessing step gives",
        paragraph(
            "The same weights and fold, one step left out at a time. Training left denoising and contrast out of 15 % "
            "of its images and normalisation out of 5 %, so the network knows scans without them, though less well; it "
            "always cropped."
        ),
        table(
            ("left out", "typed right", "mean Dice"), [(r.without or "nothing", r.type_accuracy, r.dice) for r in rows]
        ),
    )
