"""The network that a classifier will work behind: whether they fit, checked before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.errors import TrainingDataError
from models.release import Release
from models.training.classifiers.folders import Folder


@dataclass(frozen=True)
class Beside:
    """The network that a classifier will work behind, and the collections that both learnt from."""

    network: Release
    collections: Path


def require_fit(beside: Beside, folder: Folder, data: Path) -> None:
    """Raises TrainingDataError where the classes of `folder` are not the network's types, or it was cut for another."""
    network = beside.network
    if set(folder.classes) != set(network.types):
        raise TrainingDataError(
            f"{network.id} tells {', '.join(network.types)} apart, and the classes of {data} are "
            f"{', '.join(folder.classes)}: only the same can be weighed against each other. Leave --collections out."
        )
    if folder.cut is None:
        raise TrainingDataError(f"Nothing in {data} says who was left out; `oncoqueue cut-regions` notes it.")
    if folder.cut.network != network.id:
        raise TrainingDataError(
            f"The pictures were cut for the network {folder.cut.network}, not for {network.id}, which knows other "
            "patients; cut them again with --network."
        )
