"""The card of a network that finds and types regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.evaluation.card.region_tables import tables
from models.evaluation.card.sections import (
    bullets,
    files,
    interval_note,
    licence,
    paragraph,
    section,
    table,
    title,
)
from models.evaluation.decoding import decode
from models.evaluation.figures import Evaluation, Source
from models.evaluation.released import AblationRow, Made, ReleaseFigures
from models.evaluation.words import WORDS, Words
from models.report import Kind

CARD = "region"  # what evaluation.json names


def region_card(release: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """From the values of release.json and evaluation.json."""
    figures, words = decode(ReleaseFigures, evaluation), WORDS[release.get("kind", Kind.BRAIN_MRI)]
    parts = [title(release["name"], release["version"], figures.release), _what(release, words, figures.made)]
    parts.append(_training(figures.made))
    if figures.evaluations:
        own = figures.evaluations[0]  # the engine that ships; `_export` compares
        parts.append(_figures(f"Figures of these very weights on fold {', '.join(own.folds)}", own))
    if figures.cross_validation:
        parts.append(_cross_validation(figures.cross_validation))
    if not figures.evaluations and not figures.cross_validation:
        parts.append(section("Figures", "These weights have not been evaluated."))
    parts += [_export(figures.evaluations), _ablation(figures.ablation, figures.made)]
    parts += [section("Limits", bullets((*figures.made.limits, *words.limits))), files(release["files"])]
    return "".join([*parts, licence("The terms of the collections above bind as well.")])


def _what(release: Mapping[str, Any], words: Words, made: Made) -> str:
    height, width = made.size, release["recipe"].get("width") or made.size
    return "\n" + paragraph(
        f"{words.finds.format(types=', '.join(release['types']))} "
        f"A U-Net decoder on an EfficientNet-Lite0 encoder ({made.begins_from or 'ImageNet'}), {width} x {height} "
        f"pixels, trained by `oncoqueue train` with {_config(made)}, seed {made.seed}, {made.epochs} epochs."
    ) + "\n"  # fmt: skip


def _config(made: Made) -> str:
    if made.shipped_config is None:
        return f"the config `{made.config}`"
    return f"`models/configs/{made.config}.toml`" if made.shipped_config else f"a config of its own, `{made.config}`"


def _training(made: Made) -> str:
    everything = "All folds of these collections: no part was held out, so these very weights have no figure on them."
    held_out = (
        f"Folds other than {made.fold} of these collections; training and calibration never saw fold {made.fold}."
    )
    return section(
        "Trained on",
        paragraph(
            f"{everything if made.fold == 'none' else held_out} Split by patient or near-duplicate group. Calibration "
            f"was fitted on groups kept aside ({made.calibration}). {_synthetic(made)}"
        ),
        bullets(made.collections),
        *map(paragraph, made.notes),
    )


def _synthetic(made: Made) -> str:
    if not made.synthetic:
        return ""
    return f"Each epoch also held {made.synthetic} synthetic slices of the kind that `oncoqueue demo-scans` makes."


def _figures(heading: str, evaluation: Evaluation) -> str:
    return section(
        heading,
        paragraph(f"Run as users run it, through the {evaluation.engine} engine. {_gate(evaluation)}"),
        interval_note(),
        "Intervals of average precision rest on 200 resamples, all others on 1,000.",
        *tables(evaluation),
    )


def _gate(evaluation: Evaluation) -> str:
    """Figures that the network itself has seen do not come into a card."""
    if not evaluation.gate_seen:
        return ""
    images = WORDS[evaluation.kind].images
    return f"**The gate was trained on some of these {images}, so it refuses fewer of them than of others.**"


def _cross_validation(evaluation: Evaluation) -> str:
    many = f"Cross-validated: {len(evaluation.releases)} sister trainings of this design, each on its own held-out fold"
    return _figures(many, evaluation)


def _export(evaluations: tuple[Evaluation, ...]) -> str:
    sources = [(e.engine, s) for e in evaluations for s in e.sources.values() if s.types]
    rows = [(engine, *_compared(s).values()) for engine, s in sources]
    if len(rows) < 2:
        return ""
    return section("What the export costs", table(("engine", *_compared(sources[0][1])), rows))


def _compared(source: Source) -> Mapping[str, object]:
    """What engines are compared by: a source with types."""
    types, detection = source.types, source.detection
    if source.by_centre:
        found = detection.sensitivity_at if detection else {}
        return {"typed right, of those found": types and types.accuracy} | {
            f"found at {rate} false an image": figure for rate, figure in found.items()
        }
    return {
        "typed right": types and types.accuracy,
        "mean Dice": source.outlines and source.outlines.mean,
        "mAP50": types and types.mean_precision.at_50,
    }


def _ablation(rows: tuple[AblationRow, ...], made: Made) -> str:
    if not rows:
        return ""
    known = ", ".join(f"{step} ({share:.0%})" for step, share in made.left_out.items())
    trained = f" Training left out, in a share of its images: {known}; no other step ever." if known else ""
    return section(
        "What each preprocessing step gives",
        paragraph(f"The same weights and fold, one step left out at a time.{trained}"),
        table(
            ("left out", "typed right", "mean Dice" if rows[0].found is None else "found at 1 false an image"),
            [(r.without or "nothing", r.type_accuracy, r.dice if r.found is None else r.found) for r in rows],
        ),
    )
