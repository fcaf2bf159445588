"""Which release is judged on which records, and whether anything in it knows their patients."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.classifiers.choice import OWN, classifier_folder
from models.collections import COLLECTIONS, UNFOLDED, Record
from models.errors import EvaluationError, ReleaseError
from models.evaluation.card import EVALUATION_FILE
from models.gate.release import load_gate_release
from models.known_patients import load_known_patients
from models.release import KERAS_FILE, NO_FOLD, Release, load_release, release_folder

ALL, WHOLE, NEW = "all", "none (the whole folder)", "none (patients whom training never saw)"
Knows = Callable[[Record], bool]
"""Whether a release was made with a record's patient, or does not say that it was not."""


@dataclass(frozen=True, eq=False)
class Part:
    """One release with the records that it is judged on."""

    release: Release
    records: Sequence[Record]
    folds: str  # the folds of the records, as the report names them


def find_release(model: str) -> Release:
    """A network that ships, by its name, or one that training left in a folder. Raises ReleaseError."""
    folder = release_folder(model)
    if not (folder / KERAS_FILE).exists() and (folder / EVALUATION_FILE).exists():
        raise ReleaseError(f"{model} is no network that finds regions; a classifier works behind one: --classifier.")
    return load_release(folder.name, folder.parent)


def choose_parts(releases: Sequence[Release], records: Sequence[Record], fold: str | None) -> list[Part]:
    """Each release with the records of all patients whom it does not know.

    `fold` takes all records of that fold, or ALL, instead. Raises EvaluationError where a release has no records left,
    or a record would be scored twice.
    """
    if fold is not None and len(releases) > 1:
        raise EvaluationError("Several releases are scored each on its own held-out fold; leave --fold out.")
    parts = [_part(release, records, fold) for release in releases]
    if len({r.image for part in parts for r in part.records}) < sum(len(part.records) for part in parts):
        raise EvaluationError(
            "Two of these releases never saw the same images, which would count twice: score one at a time, or name "
            "one release for each held-out fold."
        )
    return parts


def _part(release: Release, records: Sequence[Record], fold: str | None) -> Part:
    if fold is not None:
        chosen = [r for r in records if fold in (ALL, str(r.fold))]
        if not chosen:
            there = ", ".join(sorted({str(r.fold) for r in records if r.fold != UNFOLDED} | {ALL}))
            raise EvaluationError(f"There is no image of fold {fold}; --fold can be {there}, or be left out.")
        return Part(release, chosen, fold)
    unknown = unknown_to(release, records)
    if not unknown:
        raise EvaluationError(
            f"{release.name} knows every patient here, or does not say whom it knows. A sister that held a fold out "
            f"(--release) has patients to score; --fold N|{ALL} scores these all the same, and flatters."
        )
    return Part(release, unknown, _named(release, whole=len(unknown) == len(records)))


def unknown_to(release: Release, records: Iterable[Record], classifier: str = OWN) -> list[Record]:
    """Those whose patient neither the network nor the second stage was made with: whom both may be judged on."""
    stages = [_knows(release.folder, release.held_out_fold)]
    if classifier != OWN:
        folder = classifier_folder(classifier)
        stages.append(_knows(folder, _fold_of_classifier(folder)))
    return [record for record in records if not any(knows(record) for knows in stages)]


def _named(release: Release, whole: bool) -> str:
    if whole:
        return WHOLE
    return NEW if release.held_out_fold == NO_FOLD else str(release.held_out_fold)


def trained_on(part: Part, classifier: str = OWN) -> bool:
    """Whether the network, or a second stage, may have been made with a patient of any record."""
    return len(unknown_to(part.release, part.records, classifier)) < len(part.records)


def gate_trained_on(records: Iterable[Record]) -> bool:
    """Whether the gate that ships may have been trained on any record: it holds out one fold of our collections."""
    held_out, ours = load_gate_release().held_out_fold, {c.folder for c in COLLECTIONS}
    return any(r.collection in ours and r.fold != held_out for r in records)


def _knows(folder: Path, held_out_fold: int | None) -> Knows:
    """Of the release in `folder`; one that names no patients is taken to know all but those of its held-out fold."""
    patients = load_known_patients(folder)
    if patients is None:
        return lambda record: record.fold != held_out_fold
    return lambda record: patients.knows(record.patient)


def _fold_of_classifier(folder: Path) -> int | None:
    """The fold that its evaluation.json says a classifier never saw."""
    try:
        fold = json.loads((folder / EVALUATION_FILE).read_text(encoding="utf-8"))["fold"]
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return fold if isinstance(fold, int) else None
