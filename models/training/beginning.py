"""The release that a training begins with, where its config names one, and whom that knows."""

from __future__ import annotations

from dataclasses import dataclass

from models.collections import patient_of
from models.errors import TrainingDataError
from models.known_patients import KnownPatients, load_known_patients
from models.release import KERAS_FILE, Release, load_release, release_folder
from models.training.config import Config
from models.training.packing import Pack
from models.training.splitting import Split


@dataclass(frozen=True)
class Parent:
    """A release whose encoder and decoder a training begins with. patients: whom it was made with."""

    release: Release
    patients: KnownPatients


def find_parent(config: Config) -> Parent | None:
    """None where the config names none.

    Raises ReleaseError where there is no such release, or it is damaged; TrainingDataError where it is of no use here.
    """
    if not config.begins_from:
        return None
    folder = release_folder(config.begins_from)
    if not (folder / KERAS_FILE).exists():
        raise TrainingDataError(f"begins_from is {config.begins_from!r}, which is no network that finds regions.")
    patients = load_known_patients(folder)
    if patients is None:
        raise TrainingDataError(
            f"{folder} does not say with whose images it was made, so what begins with it could not say it either; "
            "train it again."
        )
    return Parent(load_release(folder.name, folder.parent), patients)


def require_unknown_to(parent: Parent | None, pack: Pack, parts: Split) -> None:
    """Raises TrainingDataError where the parent knows a patient who is held out or calibrated on here."""
    kept = {patient_of(pack.pools[i], pack.groups[i]) for i in (*parts.test, *parts.calibration)}
    if parent and (known := sum(map(parent.patients.knows, kept))):
        raise TrainingDataError(
            f"{parent.release.id}, which the config begins from, was made with {known} of the {len(kept)} patients who "
            "are held out or calibrated on here: figures of them would flatter. Begin from another release, or from "
            "none."
        )
