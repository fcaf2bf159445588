"""What all objects of one scan are made from."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

from highdicom import ContributingEquipment
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from shared.dicom.head import MANUFACTURER
from shared.schemas import Finding, ModelInfo, ScanResult
from worker.objects.errors import ObjectsError
from worker.objects.identity import Identity

NOTICE = "Research use only. Not a medical device; not for diagnosis."
NAMES = ("PatientName", "ReferringPhysicianName")
# Beyond those that scanners and people give, so that a list of series ends with ours.
SERIES_NUMBERS = {"source": 1, "sr": 9101, "seg": 9102, "capture": 9103}


@dataclass(frozen=True, eq=False)
class Case:
    """A result, and the header of the image that objects refer to: see `read_source`."""

    source: Dataset
    result: ScanResult
    identity: Identity

    @property
    def lesions(self) -> list[Finding]:
        """The reported findings, best first: their places give their numbers, from 1."""
        return self.result.reported

    @property
    def model(self) -> ModelInfo:
        """Which weights made the figures. Raises ObjectsError where the result does not say."""
        if self.result.model is None:
            raise ObjectsError("The result does not say which model made it.")
        return self.result.model

    @cached_property
    def nameless(self) -> Dataset:
        """The source for highdicom, which prints a name of one part only in a warning: see `with_names`."""
        source = copy.deepcopy(self.source)
        for keyword in NAMES:
            setattr(source, keyword, None)
        return source

    @cached_property
    def equipment(self) -> ContributingEquipment:
        """This program, as IHE AI Results asks of everything that an algorithm made."""
        return ContributingEquipment(
            MANUFACTURER,
            codes.DCM.ProcessingEquipment,
            manufacturer_model_name=self.model.name,
            software_versions=list(self.software_versions),
            device_serial_number=self.identity.device_serial,
            contribution_description=f"Found, outlined, classified and measured lesions. {NOTICE}",
        )

    @property
    def software_versions(self) -> tuple[str, str]:
        """Those of the program and of its model."""
        return f"OncoQueue {version('oncoqueue')}", f"{self.model.name} {self.model.version}"

    def tracking_uid(self, number: int) -> str:
        """The UID of lesion `number`, the same in all objects."""
        return str(self.identity.uid(f"lesion {number}"))


def lesion_name(number: int) -> str:
    """What a lesion is called in all objects."""
    return f"Lesion {number}"
