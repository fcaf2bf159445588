"""The card of a classifier of regions: a function of its release.json and evaluation.json alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from models.training.classifiers.config import EFFICIENTNET, SEQUENTIAL
from models.training.classifiers.figures import ClassifierFigures, PartFigures, PipelineFigures

LIMITS = (
    "It has no class for 'none of these': any region, and any picture, is given one of its classes.",
    "It judges the region that it is given; what it says of a region that is no tumour means nothing.",
)
NETWORKS = {
    SEQUENTIAL: "The classic pipeline of tutorials: a Keras Sequential of Conv2D, MaxPooling2D, Flatten, Dense and "
    "Dropout",
    EFFICIENTNET: "The first blocks of EfficientNet-Lite0 from ImageNet's weights, pooled, and one dense layer",
}
FROM_SCRATCH = (
    "A small network trained from scratch on few patients: it is here because people ask for it and to compare with."
)


def classifier_card(release: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """From the values of release.json and evaluation.json."""
    figures = decode(ClassifierFigures, evaluation)
    parts = [
        title(release["name"], release["version"], figures.release),
        _what(release, figures),
        _training(release, figures),
    ]
    fold = "" if figures.fold is None else f" (fold {figures.fold} of the collections)"
    parts.append(
        section(
            f"Figures of these very weights on {figures.test.pictures} pictures of {figures.test.groups} groups{fold}",
            paragraph("Through LiteRT, as users run it, on pictures of the true region." if release["crop"]["surround"]
                      else "Through LiteRT, as users run it, on whole images."),
            interval_note(),
            *_part(figures.test),
        )
    )  # fmt: skip
    if figures.in_pipeline:
        parts.append(_in_pipeline(figures.in_pipeline))
    return "".join([*parts, section("Limits", bullets(_limits(figures))), files(release["files"]), licence()])


def _limits(figures: ClassifierFigures) -> tuple[str, ...]:
    return (*LIMITS, FROM_SCRATCH) if figures.network == SEQUENTIAL else LIMITS


def _what(release: Mapping[str, Any], figures: ClassifierFigures) -> str:
    crop = release["crop"]
    looks = (
        f"the region with its surroundings ({crop['surround']:g} times the longer side of its box, at least "
        f"{crop['least']:.0%} of the head)"
        if crop["surround"]
        else "the whole image"
    )
    return "\n" + paragraph(
        f"{NETWORKS[figures.network]}, "
        f"{crop['size']} x {crop['size']} grey pixels, that tells {', '.join(release['types'])} apart from {looks}. "
        f"`ONCOQUEUE_CLASSIFIER={release['name']}` lets it say the type in the place of the network that found "
        "the region."
    ) + "\n"  # fmt: skip


def _training(release: Mapping[str, Any], figures: ClassifierFigures) -> str:
    counts = ", ".join(f"{count} {label}" for label, count in figures.trained_on.items())
    stopped = ", stopped early at the best validation loss" if figures.early_stopping else ""
    return section(
        "Trained on",
        paragraph(
            f"{counts} pictures by `oncoqueue train {release['name']}`, augmented by ImageDataGenerator, Adam, "
            f"categorical cross-entropy, {figures.epochs} epochs{stopped}, seed {figures.seed}. Curves and calibration "
            f"are from {figures.validation.pictures} pictures of {figures.validation.groups} other groups, on which "
            f"{figures.validation.accuracy} are right. {figures.left_out} files could not be read."
        ),
        *map(paragraph, figures.notes),
    )


def _part(part: PartFigures) -> list[str]:
    rows = [
        ("right", part.accuracy),
        ("... where the class is not in doubt", part.certain_accuracy),
        ("share in doubt", part.doubt_share),
        ("calibration error (ECE)", part.calibration_error),
        *((f"sensitivity for {name}", figure) for name, figure in part.sensitivity.items()),
    ]
    confusion = [(true, *said.values()) for true, said in part.confusion.items()]
    return [table(("figure", ""), rows), table(("true \\ said", *part.confusion), confusion)]


def _in_pipeline(figures: PipelineFigures) -> str:
    return section(
        "Inside the pipeline",
        paragraph(
            f"{figures.slices} slices of fold {figures.fold} with nothing given: {figures.network} finds the region, "
            "and the type is that of the best finding; nothing found is wrong."
        ),
        table(
            ("who says the type", "slices typed right"),
            [(f"{figures.network} itself", figures.own), ("this classifier", figures.with_classifier)],
        ),
    )
