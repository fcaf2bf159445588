"""Which second stage, if any: the network's own opinion, the classic classifier that ships, or one by its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from models.classifiers.base import Classifier
from models.classifiers.litert import LiteRTClassifier
from models.classifiers.release import load_litert_release
from models.classifiers.second_stage import MALIGNANCY
from models.errors import EngineError
from models.release import WEIGHTS_FOLDER

OWN = "own"
SHIPPED: Mapping[str, Path] = {"classic": WEIGHTS_FOLDER / "classic"}


def load_classifier(choice: str, networks: Sequence[tuple[str, ...]]) -> Classifier | None:
    """The classifier called `choice`, or in the folder of that path; None for "own". networks: the types of each.

    Raises EngineError where it is none, or fits no network; ReleaseError where its files are damaged.
    """
    if choice == OWN:
        return None
    classifier = LiteRTClassifier(load_litert_release(classifier_folder(choice)))
    if not any(fits(classifier, types) for types in networks):
        raise EngineError(
            f"The classifier {classifier.release.name!r} tells {_listed(classifier.release.types)} apart, which is "
            f"neither {' nor '.join(_listed(types) for types in (*networks, MALIGNANCY))}."
        )
    return classifier


def fits(classifier: Classifier, types: tuple[str, ...]) -> bool:
    """Whether its classes are the network's `types`, or benign and malignant."""
    return set(classifier.release.types) in (set(types), set(MALIGNANCY))


def classifier_folder(choice: str) -> Path:
    """Where a classifier lies: one that ships, by its name, or else a release's folder. Raises EngineError."""
    folder = SHIPPED.get(choice, Path(choice))
    if not (folder / "release.json").is_file():
        known = ", ".join((OWN, *SHIPPED))
        raise EngineError(f"There is no classifier {choice!r}; choose one of {known}, or name a release's folder.")
    return folder


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
