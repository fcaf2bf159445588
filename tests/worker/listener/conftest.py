"""A listener on a real database and blob store, and a real sender."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid
from pynetdicom import AE
from sqlalchemy import select

from shared.blobs import FolderBlobs
from shared.database import Database
from shared.schemas import ScanView
from shared.settings import Settings
from shared.tables import BatchRow, ScanRow
from worker.listener.process import listening

PATIENT = "ZUNAMENSKI^VORNAMA"
PATIENT_ID = "PID-4711-0815"


@dataclass(frozen=True)
class Behind:
    """What is behind a listener."""

    settings: Settings
    database: Database
    blobs: FolderBlobs

    def scans(self) -> list[ScanView]:
        """All scans, in the order in which they came."""
        with self.database.read() as session:
            return [ScanView.model_validate(row) for row in session.scalars(select(ScanRow).order_by(ScanRow.id))]

    def batch_names(self) -> list[str]:
        """The names of all batches."""
        with self.database.read() as session:
            return list(session.scalars(select(BatchRow.name).order_by(BatchRow.id)))

    def unfinished(self) -> list[Path]:
        """Files that were begun and are not in the store."""
        return list((self.settings.blob_dir / "incoming").glob("*"))


@pytest.fixture
def behind(sqlite_database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Behind]:
    """An installation whose DICOM port is free. More: `parametrize("behind", [{...}], indirect=True)`."""
    given = {"dicom_port": free_port(), "dicom_idle_seconds": 5, **getattr(request, "param", {})}
    settings = Settings(data_dir=tmp_path / "data", database_url=sqlite_database, **given)
    database = Database(settings.database_address)
    yield Behind(settings, database, FolderBlobs(settings.blob_dir, settings.max_file_bytes))
    database.dispose()


@pytest.fixture
def listener(behind: Behind) -> Iterator[Behind]:
    """The same, with a listener in this process."""
    with listening(behind.settings):
        yield behind


@pytest.fixture
def image() -> Callable[..., FileDataset]:
    """A function that makes a small image of a patient whose name must appear nowhere."""
    return make_image


def make_image(
    study: str = "1.2.3.4711", sop_class: str = MRImageStorage, number: int = 1, side: int = 32
) -> FileDataset:
    """An image; those of the same study and number are the same."""
    header = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=bytes(128))
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPClassUID, header.SOPInstanceUID = sop_class, generate_uid(entropy_srcs=[study, str(number)])
    header.StudyInstanceUID, header.SeriesInstanceUID = study, f"{study}.1"
    header.PatientName, header.PatientID, header.Modality = PATIENT, PATIENT_ID, "MR"
    pixels = np.full((side, side), number % 4096, np.uint16)
    header.set_pixel_data(pixels, "MONOCHROME2", bits_stored=16, generate_instance_uid=False)
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    return header


@contextmanager
def association(settings: Settings, *, sender: str = "SCANNER", called: str = "", tls=None, **more):
    """An association with the listener that proposes MR and CT."""
    entity = AE(sender)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 15
    for sop_class in more.pop("classes", (MRImageStorage, CTImageStorage, "1.2.840.10008.1.1")):
        entity.add_requested_context(sop_class, more.get("syntaxes", [ExplicitVRLittleEndian]))
    found = entity.associate("127.0.0.1", settings.dicom_port, ae_title=called or settings.dicom_ae_title, tls_args=tls)
    yield found
    if found.is_established:
        found.release()


@pytest.fixture
def associate() -> Callable[..., object]:
    """A function that gives a context with an association."""
    return association


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
