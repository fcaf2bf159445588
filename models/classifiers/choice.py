"""Which second stage, if any: the network's own opinion, the classic classifier that ships, or one by its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from models.classifiers.base import Classifier
from models.classifiers.litert import LiteRTClassifier
from models.classifiers.release import LiteRTRelease, load_litert_release
from models.classifiers.second_stage import MALIGNANCY
from models.errors import EngineError
from models.release import WEIGHTS_FOLDER, Release

OWN = "own"
SHIPPED: Mapping[str, Path] = {"classic": WEIGHTS_FOLDER / "classic"}


def load_classifier(choice: str, networks: Sequence[Release]) -> Classifier | None:
    """The classifier called `choice`, or in the folder of that path, for any of `networks`; None for "own".

    Raises EngineError where it is none, or fits no network; ReleaseError where its files are damaged.
    """
    if choice == OWN:
        return None
    classifier = LiteRTClassifier(load_litert_release(classifier_folder(choice)))
    if not any(fits(classifier, network) for network in networks):
        raise EngineError(_misfit(classifier.release, networks))
    return classifier


def fits(classifier: Classifier, network: Release) -> bool:
    """Whether it judges the network's kind of image, and its classes are the network's types, or benign and malignant.

    A classifier has no class for what it does not know: of another kind of image it would say something, and be wrong.
    """
    known = classifier.release
    return known.kind == network.kind and set(known.types) in (set(network.types), set(MALIGNANCY))


def _misfit(release: LiteRTRelease, networks: Sequence[Release]) -> str:
    types = [network.types for network in networks if network.kind == release.kind]
    if not types:
        kinds = ", ".join(network.kind for network in networks)
        return f"The classifier {release.name!r} judges {release.kind} images; the networks at work read {kinds}."
    return (
        f"The classifier {release.name!r} tells {_listed(release.types)} apart, which is neither "
        f"{' nor '.join(map(_listed, (*types, MALIGNANCY)))}."
    )


def classifier_folder(choice: str) -> Path:
    """Where a classifier lies: one that ships, by its name, or else a release's folder. Raises EngineError."""
    folder = SHIPPED.get(choice, Path(choice))
    if not (folder / "release.json").is_file():
        known = ", ".join((OWN, *SHIPPED))
        raise EngineError(f"There is no classifier {choice!r}; choose one of {known}, or name a release's folder.")
    return folder


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
