"""The card of a classifier of regions: a function of its release.json and evaluation.json alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.classifiers.second_stage import MALIGNANCY
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
from models.presets import PRESETS
from models.report import Kind
from models.training.classifiers.config import EFFICIENTNET, SEQUENTIAL, SHIPPED_CONFIGS
from models.training.classifiers.figures import ClassifierFigures, PartFigures, PipelineFigures, Typed

LIMITS = (
    "It has no class for 'none of these': any region, and any picture, is given one of its classes.",
    "It judges the region that it is given; what it says of a region that is no tumour means nothing.",
)
NETWORKS = {
    SEQUENTIAL: "The classic pipeline of tutorials: a Keras Sequential of Conv2D, MaxPooling2D, Flatten, Dense and "
    "Dropout, trained from scratch",
    EFFICIENTNET: "The first blocks of EfficientNet-Lite0 from ImageNet's weights, pooled, and one dense layer",
}


def classifier_card(release: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """From the values of release.json and evaluation.json."""
    figures = decode(ClassifierFigures, evaluation)
    parts = [
        title(release["name"], release["version"], figures.release),
        _what(release, figures),
        _use(release["types"], _kind(release)),
        _training(figures),
        _alone(release, figures),
        _in_pipeline(release, figures.in_pipeline),
        section("Limits", bullets(LIMITS)),
        files(release["files"]),
        licence("The terms of the pictures bind as well."),
    ]
    return "".join(parts)


def _what(release: Mapping[str, Any], figures: ClassifierFigures) -> str:
    crop = release["crop"]
    looks = (
        f"the region with its surroundings ({crop['surround']:g} times the longer side of its box, at least "
        f"{crop['least']:.0%} of the {PRESETS[_kind(release)].subject})"
        if crop["surround"]
        else "the whole image"
    )
    return "\n" + paragraph(
        f"{NETWORKS[figures.network]}; {crop['size']} x {crop['size']} grey pixels. It tells "
        f"{', '.join(release['types'])} apart from {looks}."
    ) + "\n"  # fmt: skip


def _kind(release: Mapping[str, Any]) -> Kind:
    return Kind(release.get("kind", Kind.BRAIN_MRI))


def _use(types: list[str], kind: Kind) -> str:
    if set(types) == set(MALIGNANCY):
        says = (
            f"sets whether a region is benign or malignant, behind any network that reads {kind} images; the type "
            "stays the network's"
        )
    else:
        says = (
            "says the type in the place of the network that found the region. That network has to tell these very "
            "types apart; behind any other the pipeline refuses it"
        )
    return section("Use", paragraph(f"`ONCOQUEUE_CLASSIFIER=` with the path of this release's folder: it {says}."))


def _training(figures: ClassifierFigures) -> str:
    counts = ", ".join(f"{count} {label}" for label, count in figures.trained_on.items())
    groups = f" of {figures.trained_groups} groups" if figures.trained_groups else ""
    stopped = ", stopped early at the best validation loss" if figures.early_stopping else ""
    reweighted = f", {figures.reweighted:.0%} of them under another contrast" if figures.reweighted else ""
    return section(
        "Trained on",
        paragraph(
            f"{counts} pictures{groups} by `oncoqueue train {SHIPPED_CONFIGS[figures.network]}`{_config(figures)}, "
            f"augmented by ImageDataGenerator{reweighted}, Adam, categorical cross-entropy, {figures.epochs} "
            f"epochs{stopped}, seed {figures.seed}. Curves and calibration are from {figures.validation.pictures} "
            f"pictures of {figures.validation.groups} other groups, on which {figures.validation.accuracy} are right. "
            f"{figures.left_out} files could not be read."
        ),
        *map(paragraph, figures.notes),
    )


def _config(figures: ClassifierFigures) -> str:
    if figures.config is None:
        return ""
    if figures.config in SHIPPED_CONFIGS.values():
        return f" with `models/configs/{figures.config}.toml`"
    return f" with a config of its own, `{figures.config}`"


def _alone(release: Mapping[str, Any], figures: ClassifierFigures) -> str:
    fold = "" if figures.fold is None else f" (fold {figures.fold} of the collections)"
    on = "on pictures of the true region" if release["crop"]["surround"] else "on whole images"
    weighed = (
        f" By itself, with the temperature {figures.temperature:g} and the threshold of doubt {figures.certain_from:g} "
        "that suit it; in the pipeline it is weighed against a network, with others."
        if release.get("own_weight") and figures.temperature and figures.certain_from
        else ""
    )
    return section(
        f"Figures of these very weights on {figures.test.pictures} pictures of {figures.test.groups} groups{fold}",
        paragraph(f"Through LiteRT, as users run it, {on}.{weighed}"),
        interval_note(),
        *_part(figures.test),
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


def _in_pipeline(release: Mapping[str, Any], figures: PipelineFigures | None) -> str:
    if figures is None:
        return section("Inside the pipeline", "Not measured there.")
    own_weight = release.get("own_weight", 0.0)
    mixed = (
        f" Its opinion and the network's are added as log-probabilities, the network's times {own_weight:g}, then "
        f"doubted below {release['certain_from']:g}."
        if own_weight
        else ""
    )
    who = f"this classifier{' with it' if own_weight else ''}"
    return section(
        "Inside the pipeline",
        paragraph(
            f"{figures.slices} slices of {figures.groups} groups of fold {figures.fold} with nothing given: "
            f"{figures.network} finds the region, and the type is that of the best finding; nothing found is wrong."
            f"{mixed} At work were {', '.join(f'`{name}`' for name in figures.releases)}."
        ),
        table(
            ("who says the type", "typed right", "share in doubt", "right where not in doubt", "ECE"),
            [_typed(f"{figures.network} itself", figures.own), _typed(who, figures.with_classifier)],
        ),
    )


def _typed(who: str, typed: Typed) -> tuple[object, ...]:
    return who, typed.accuracy, typed.doubt_share, typed.certain_accuracy, typed.calibration_error
