"""The card of the gate: a function of its release.json and evaluation.json alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from models.evaluation.card.sections import bullets, files, licence, paragraph, section, table, targets, title
from models.evaluation.decoding import decode
from models.evaluation.targets.gate import gate_targets
from models.training.gate.figures import Design, GateFigures, Rate

LIMITS = (  # of any gate that this code makes; those of one training's pictures are in its evaluation.json
    "It tells kinds of image apart, not good images from bad ones: a brain MRI without any use passes.",
    "A kind that the caller or the DICOM header names is believed unless the pixels surely say otherwise.",
    "`ONCOQUEUE_GATE=off` leaves it out for a collection that it refuses wrongly; rules and header still count.",
)


def gate_card(release: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    """From the values of release.json and evaluation.json."""
    figures = decode(GateFigures, evaluation)
    return "".join(
        [
            title(release["name"], release["version"], figures.release),
            _what(release),
            _training(figures),
            _measured(figures),
            _left_out(figures),
            _targets(figures),
            section("Limits", bullets((*figures.limits, *LIMITS))),
            files(release["files"]),
            licence("Packages' own terms bind their pictures, none of which is in these weights' folder."),
        ]
    )


def _what(release: Mapping[str, Any]) -> str:
    limits = release["limits"]
    return "\n" + paragraph(
        "Says of every scan which kind of image it is, before any other model sees it: brain MRI, mammogram, chest "
        "X-ray, or something else, which is refused. The first blocks of EfficientNet-Lite0 with ImageNet's weights, "
        "unchanged, see the whole image at 128 x 128 pixels; a small head says the class, and a Mahalanobis distance "
        "to prototypes of the known kinds refuses what no class foresaw. A kind passes with a probability of "
        f"{limits['known_from']:g} and at a distance of {limits['farthest']:g} at most; one that the caller or the "
        f"file's header names is refused only below {limits['sure_below']:g}."
    ) + "\n"  # fmt: skip


def _training(figures: GateFigures) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in figures.trained_on.items())
    return section(
        "Trained on",
        paragraph(
            f"{counts} pictures by `oncoqueue train gate`, seed {figures.seed}: folds other than {figures.fold} of "
            "the collections (by patient), gathered pictures of other kinds, and drawn ones, with variations in pose, "
            "border, tone, noise, letters and encoding."
        ),
        *map(paragraph, figures.notes),
    )


def _measured(figures: GateFigures) -> str:
    note = paragraph(
        "Known kinds: share named as what they are. Other kinds: share refused. In brackets: 95 % interval (Wilson), "
        "patients or files taken as independent, not pictures."
    )
    heading = f"Figures of these very weights on fold {figures.fold}"
    return section(heading, note, _table(figures.held_out)) + section(
        "Sources that training never saw",
        paragraph("Of kinds that it knew from other sources. The next table has what a whole new kind does."),
        _table(figures.unseen),
    )


def _left_out(figures: GateFigures) -> str:
    return section(
        "Left out of training in turn",
        paragraph(
            "Heads trained without one whole brain-MRI collection, one whole kind, or the real pictures of a kind that "
            "is drawn too, and judged on just these. Those without a collection are trained like the shipped head; "
            "the others have one member, however many it has, to save time. The limits were chosen on them."
        ),
        _table(figures.left_out),
        _designs(figures.designs),
    )


def _targets(figures: GateFigures) -> str:
    return section(
        "Against the targets",
        paragraph(
            "Set beforehand for what training never saw, so judged on what was left out of it in turn; a known kind of "
            f"which no collection was left out is judged on patients of fold {figures.fold}. The figure itself is "
            "compared, not its interval."
        ),
        targets(gate_targets(figures)),
    )


def _table(rates: Iterable[Rate]) -> str:
    rows = [
        (
            r.source,
            r.kind,
            ("passed" if r.known else "refused") + (", varied" if r.varied else ""),
            r.share,
            r.share.count,
        )
        for r in sorted(rates, key=lambda r: (not r.known, r.kind, r.source, r.varied))
    ]
    return table(("source", "class", "", "share", "pictures"), rows)


def _designs(designs: Iterable[Design]) -> str:
    return table(
        ("decided by", "known passed, mean", "worst", "others refused, mean", "worst"),
        [(d.name, d.passed, d.worst_passed, d.refused, d.worst_refused) for d in designs],
    )
