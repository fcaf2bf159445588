"""Which release is judged on which records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from models.classifiers.choice import OWN, classifier_folder
from models.collections import UNFOLDED, Record
from models.errors import EvaluationError
from models.evaluation.card import EVALUATION_FILE
from models.evaluation.running import Part
from models.release import Release, load_release
from models.training.splitting import NO_FOLD

ALL, WHOLE = "all", "none (the whole folder)"


def find_release(model: str) -> Release:
    """A release that ships, by its name, or one that training left in a folder. Raises ReleaseError."""
    place = Path(model)
    return load_release(place.name, place.parent) if place.is_dir() else load_release(model)


def choose_parts(releases: Sequence[Release], records: Sequence[Record], fold: str | None) -> list[Part]:
    """Each release with the records of its own held-out fold; `fold` overrides which, and may be ALL.

    Raises EvaluationError where a release has no records left, or a record would be scored twice.
    """
    if len(releases) > 1:
        _require_disjoint(releases, records, fold)
    return [_part(release, records, str(release.held_out_fold) if fold is None else fold) for release in releases]


def _part(release: Release, records: Sequence[Record], fold: str) -> Part:
    if fold == str(NO_FOLD) and any(r.fold != UNFOLDED for r in records):
        raise EvaluationError(
            f"{release.name} was trained on every fold, so none is left to judge it on; --fold N scores what it knows."
        )
    chosen = [r for r in records if fold == ALL or r.fold == UNFOLDED or str(r.fold) == fold]
    if not chosen:
        there = ", ".join(sorted({str(r.fold) for r in records}))
        raise EvaluationError(
            f"There is no image of fold {fold} for {release.name}; --fold chooses another ({there}, or {ALL})."
        )
    whole = all(r.fold == UNFOLDED for r in chosen)
    return Part(release, chosen, WHOLE if whole else fold)


def trained_on(part: Part, classifier: str = OWN) -> bool:
    """Whether any record may have been trained on: it lies in a fold that the network, or a second stage, knows."""
    unseen = {UNFOLDED, part.release.held_out_fold}
    if classifier != OWN:
        unseen &= {UNFOLDED, *_held_out(classifier)}
    return any(r.fold not in unseen for r in part.records)


def _held_out(classifier: str) -> set[int]:
    """The fold that a classifier never saw, as its evaluation.json says; empty where that says none."""
    try:
        values = json.loads((classifier_folder(classifier) / EVALUATION_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return {values["fold"]} if isinstance(values.get("fold"), int) else set()


def _require_disjoint(releases: Sequence[Release], records: Sequence[Record], fold: str | None) -> None:
    folds = [release.held_out_fold for release in releases]
    if fold is not None:
        raise EvaluationError("Several releases are scored each on its own held-out fold; leave --fold out.")
    if len(set(folds)) < len(folds):
        raise EvaluationError(f"Two of these releases hold out the same fold ({folds}): images would count twice.")
    if any(r.fold == UNFOLDED for r in records):
        raise EvaluationError("These images name no fold, so one release at a time can be scored on them.")
