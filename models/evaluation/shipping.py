"""evaluation.json and the card of a release: figures of these very weights, written beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models.collections import Record
from models.errors import ReleaseError
from models.evaluation.ablation import ablatable, ablate
from models.evaluation.card import EVALUATION_FILE, write_figures
from models.evaluation.card.region import CARD
from models.evaluation.choosing import Part, trained_on, unknown_to
from models.evaluation.decoding import decode
from models.evaluation.figures import Evaluation
from models.evaluation.released import AblationRow, Made, ReleaseFigures
from models.evaluation.running import evaluate_parts
from models.release import NO_FOLD, Release, load_release

ENGINES = ("litert", "tensorflow")  # what ships first, then the reference that shows what the export costs


def ship_figures(release: Release, made: Made, records: Sequence[Record]) -> ReleaseFigures:
    """Evaluate both engines and the ablation on those of `records` whom the release does not know; write the card.

    Where it held out no fold, or `records` has nobody else, nothing is evaluated, and the card says so.
    """
    unknown = unknown_to(release, records) if release.held_out_fold != NO_FOLD else []
    parts = [Part(release, unknown, made.fold)] if unknown else []
    evaluations = [evaluate_parts(parts, engine, controls=engine == ENGINES[0])[0] for engine in ENGINES if parts]
    typed = ablatable(unknown)
    ablation = ablate(release, typed) if typed else ()
    figures = ReleaseFigures(CARD, release.id, made, tuple(evaluations), None, ablation)
    write_figures(release.folder, figures)
    return figures


def add_evaluation(folder: Path, evaluation: Evaluation, ablation: Sequence[AblationRow]) -> None:
    """Put an evaluation into a release: as its own where it is of these weights, else as the cross-validation.

    Raises ReleaseError for figures that are neither: `require_card_of` finds more before they are made.
    """
    figures, release = read_figures(folder), load_release(folder.name, folder.parent)
    if (evaluation.name, evaluation.version) != (release.name, release.version):
        raise ReleaseError(f"The card of {release.name} {release.version} cannot carry figures of {evaluation.title}.")
    if evaluation.seen:
        raise ReleaseError("A card carries no figures of images that were trained on.")
    if len(evaluation.releases) > 1:
        figures = replace(figures, cross_validation=evaluation)
    elif release.id in evaluation.releases[0].split("+"):  # the gate's id is beside it
        figures = _with_own(figures, evaluation, release.id, ablation)
    else:
        raise ReleaseError(
            f"These are figures of {evaluation.releases[0]} alone; the card of {release.id} carries its own, and those "
            "of a cross-validation: two releases or more, each on its own held-out fold."
        )
    write_figures(folder, figures)


def _with_own(
    figures: ReleaseFigures, evaluation: Evaluation, release: str, ablation: Sequence[AblationRow]
) -> ReleaseFigures:
    """Raises ReleaseError where the figures are not of the fold that the card says was held out."""
    if evaluation.folds != (figures.made.fold,):
        raise ReleaseError(
            f"These are figures of fold {', '.join(evaluation.folds)}; the card carries those of the held-out one, "
            f"{figures.made.fold}."
        )
    others = [e for e in figures.evaluations if e.engine != evaluation.engine]
    ordered = tuple(sorted([evaluation, *others], key=lambda e: ENGINES.index(e.engine)))
    return replace(figures, release=release, evaluations=ordered, ablation=tuple(ablation) or figures.ablation)


def require_card_of(folder: Path, parts: Sequence[Part]) -> None:
    """Raises ReleaseError unless the card of the release in `folder` can carry the figures of these parts.

    They have to be of the collections that it was trained on, of patients whom it was not trained on, and of releases
    that were made as it was: only training knows how weights came about.
    """
    made = read_figures(folder).made
    collections = sorted({record.collection for part in parts for record in part.records})
    if tuple(collections) != tuple(sorted(made.sources)):
        raise ReleaseError(
            f"The card in {folder} carries figures of what its release was trained on, {_listed(made.sources)}, and of "
            f"all of it; these are of {_listed(collections)}."
        )
    for part in parts:
        if trained_on(part):
            raise ReleaseError(f"{part.release.folder} was trained on these images; a card carries no such figures.")
        if not _sisters(read_figures(part.release.folder).made, made):
            raise ReleaseError(f"{part.release.folder} was trained in another way than the release in {folder}.")


def _sisters(one: Made, other: Made) -> bool:
    """Whether both were made in one way, but for seed and fold; an older file leaves its `design` open."""
    told_apart = one.design and other.design and one.design != other.design
    return _known(one) == _known(other) and not told_apart


def _known(made: Made) -> tuple[object, ...]:
    """What any file says of how its weights were made."""
    return made.config, made.epochs, made.size, made.synthetic, made.sources


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing that is known"


def read_figures(folder: Path) -> ReleaseFigures:
    """Raises ReleaseError where the folder has none."""
    try:
        return decode(ReleaseFigures, json.loads((folder / EVALUATION_FILE).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ReleaseError(f"{folder} holds no {EVALUATION_FILE}: name the folder of a release.") from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"{folder} holds no evaluation that its card could be made of: {error!r}") from error
