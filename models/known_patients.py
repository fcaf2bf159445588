"""Whom a release was made with, noted beside its weights at training, so that no figure flatters unnoticed.

Names of patients stay out of it: each is told by a digest. Who knows a name can still ask whether it is among them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.digests import check_digests, digests
from models.errors import ReleaseError
from models.release import LITERT_FILE

FILE = "patients.json"  # it names the network that it is of; every kind of release has one
DIGITS = 12


@dataclass(frozen=True)
class KnownPatients:
    """Digests of `Record.patient`: the weights were fitted to `trained`, and calibration to `calibrated`."""

    trained: frozenset[str]
    calibrated: frozenset[str]

    @classmethod
    def of(cls, trained: Iterable[str], calibrated: Iterable[str]) -> KnownPatients:
        """From the patients' names."""
        return cls(frozenset(map(_digest, trained)), frozenset(map(_digest, calibrated)))

    def also_of(self, parent: KnownPatients) -> KnownPatients:
        """With those of the release that training began with: its weights have seen them all."""
        return KnownPatients(self.trained | parent.trained | parent.calibrated, self.calibrated)

    def knows(self, patient: str) -> bool:
        """Whether anything in the release was fitted to this patient."""
        return _digest(patient) in self.trained | self.calibrated

    def calibrated_on(self, patient: str) -> bool:
        """Whether calibration was fitted to this patient, and the weights were not."""
        return _digest(patient) in self.calibrated - self.trained

    def save(self, folder: Path) -> None:
        """Beside the network in `folder`. Raises ReleaseError where that is not there."""
        values = {
            "network": digests(folder, [LITERT_FILE])[LITERT_FILE],
            "trained": sorted(self.trained),
            "calibrated": sorted(self.calibrated),
        }
        (folder / FILE).write_text(json.dumps(values) + "\n", encoding="utf-8")


def load_known_patients(folder: Path) -> KnownPatients | None:
    """Whom the release in `folder` knows; None where it does not say. Raises ReleaseError for a note of another one."""
    try:
        values = json.loads((folder / FILE).read_text(encoding="utf-8"))
        check_digests(folder, {LITERT_FILE: values["network"]})
        return KnownPatients(frozenset(values["trained"]), frozenset(values["calibrated"]))
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"{folder / FILE} is damaged: {error!r}") from error


def _digest(patient: str) -> str:
    return hashlib.sha256(patient.encode()).hexdigest()[:DIGITS]
