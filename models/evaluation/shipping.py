"""evaluation.json and the card of a release: figures of these very weights, written beside them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from models.collections import COLLECTIONS, TYPED_POOL, Record
from models.digests import values_digest
from models.errors import ReleaseError
from models.evaluation.ablation import ablate
from models.evaluation.card import EVALUATION_FILE, write_card
from models.evaluation.card.region import CARD
from models.evaluation.decoding import decode, to_json
from models.evaluation.figures import AblationRow, Evaluation, Made, ReleaseFigures
from models.evaluation.running import Part, Step, evaluate_parts, quietly
from models.release import Release, load_release
from models.training.config import Config
from models.training.splitting import NO_FOLD

ENGINES = ("litert", "tensorflow")  # what ships first, then the reference that shows what the export costs


def made_by(config: Config, pools: Iterable[str], calibration: Iterable[tuple[str, str | None]]) -> Made:
    """What a card says of training; `calibration`: pool and label of each image that calibration was fitted on."""
    folders = {pool.partition("/")[0] for pool in pools}
    others = sorted(folders - {c.folder for c in COLLECTIONS})
    return Made(
        config=config.name,
        seed=config.seed,
        epochs=config.epochs,
        size=config.recipe.size,
        fold="none" if config.fold == NO_FOLD else str(config.fold),
        calibration=_in_words(calibration),
        synthetic=config.per_epoch.get("synthetic", 0),
        collections=(
            *(c.about for c in COLLECTIONS if c.folder in folders),
            *(f"Images listed in a folder {name}, of which nothing else is known here." for name in others),
        ),
        notes=config.notes,
    )


def _in_words(calibration: Iterable[tuple[str, str | None]]) -> str:
    """How many slices of known type there were: a type that is missing is calibrated by analogy only."""
    counts = Counter(label or "" for pool, label in calibration if pool == TYPED_POOL)
    return (", ".join(f"{counts[label]} {label}" for label in sorted(counts)) or "no") + " slices of known type"


def ship_figures(release: Release, made: Made, records: Sequence[Record], step: Step = quietly) -> ReleaseFigures:
    """Evaluate both engines and the ablation on `records`, held out from these weights; write what the card needs.

    Without records (weights trained on every fold, or from a pack alone) nothing is evaluated, and the card says so.
    """
    parts = [Part(release, records, made.fold)] if records else []
    evaluations = [
        evaluate_parts(parts, engine, controls=engine == ENGINES[0], step=step)[0] for engine in ENGINES if parts
    ]
    typed = [r for r in records if r.pool == TYPED_POOL]
    ablation = ablate(release, typed) if typed else ()
    figures = ReleaseFigures(
        CARD, release.id, _release_digest(release.folder), made, tuple(evaluations), None, ablation
    )
    write_figures(release.folder, figures)
    return figures


def add_evaluation(folder: Path, evaluation: Evaluation, ablation: Sequence[AblationRow]) -> None:
    """Put an evaluation into a release: as its own where it is of these weights, else as the cross-validation.

    Raises ReleaseError as `require_card_of` does.
    """
    require_card_of(folder, evaluation.name, evaluation.version)
    figures, release = read_figures(folder), load_release(folder.name, folder.parent)
    if len(evaluation.releases) == 1 and release.id in evaluation.releases[0].split("+"):  # the gate's id is beside it
        others = [e for e in figures.evaluations if e.engine != evaluation.engine]
        ordered = sorted([evaluation, *others], key=lambda e: ENGINES.index(e.engine))
        figures = replace(
            figures, release=release.id, evaluations=tuple(ordered), ablation=tuple(ablation) or figures.ablation
        )
    else:
        figures = replace(figures, cross_validation=evaluation)
    write_figures(folder, replace(figures, release_digest=_release_digest(folder)))


def require_card_of(folder: Path, name: str, version: str) -> None:
    """Raises ReleaseError unless the card of the release in `folder` can carry figures of this model.

    It has to be of that model, and to have an evaluation.json: only training knows how the weights came about.
    """
    read_figures(folder)
    release = load_release(folder.name, folder.parent)
    if (name, version) != (release.name, release.version):
        raise ReleaseError(
            f"These are figures of {name} {version}, which the card of {release.name} {release.version} cannot carry."
        )


def write_figures(folder: Path, figures: ReleaseFigures) -> None:
    """evaluation.json, and from it the card."""
    (folder / EVALUATION_FILE).write_text(to_json(figures), encoding="utf-8")
    write_card(folder)


def read_figures(folder: Path) -> ReleaseFigures:
    """Raises ReleaseError where the folder has none."""
    try:
        return decode(ReleaseFigures, json.loads((folder / EVALUATION_FILE).read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"{folder} holds no evaluation that its card could be made of: {error!r}") from error


def _release_digest(folder: Path) -> str:
    return values_digest(json.loads((folder / "release.json").read_text(encoding="utf-8")))
