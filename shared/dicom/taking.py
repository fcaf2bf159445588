"""From a DICOM object that has arrived whole to a scan in the batch of its study. Both C-STORE and STOW-RS end here."""

from __future__ import annotations

import logging
from typing import Protocol

from shared.arrivals import Arrived, instance_path, study_source, take_in
from shared.blobs import BlobInfo
from shared.database import Database
from shared.dicom.classes import STORAGE_CLASSES
from shared.dicom.errors import DicomHeaderError
from shared.dicom.identity import Identity
from shared.dicom.refusals import RefusedObjectError, Status
from shared.errors import BlobTooLargeError, ConflictError, DatabaseUnavailableError
from shared.store.adding import NewScan

logger = logging.getLogger(__name__)


class ReceivedObject(Protocol):
    """An object that is on the disk but not yet in the store."""

    def identity(self) -> Identity:
        """Which object it is. Raises DicomHeaderError, BlobTooLargeError, OSError."""

    def commit(self) -> BlobInfo:
        """Put it into the store, durably. Raises OSError."""


def take_object(database: Database, received: ReceivedObject, sender: str) -> Arrived:
    """Put the object into the store and into the open batch of its study. On return both are durable.

    The objects of one study that different senders give us are different batches. Raises RefusedObjectError.
    """
    try:
        identity = received.identity()
        if identity.sop_class not in STORAGE_CLASSES:
            raise RefusedObjectError(Status.CLASS_NOT_SUPPORTED, "No image of a class that is analysed here.")
        if (
            identity.is_ours
        ):  # A PACS that routes our results back would otherwise have us analyse them, and those again.
            raise RefusedObjectError(Status.CANNOT_UNDERSTAND, "OncoQueue made this itself and does not analyse it.")
        blob = received.commit()
        scan = NewScan(instance_path(identity.series, identity.sop_instance), blob.sha256, blob.size)
        return take_in(database, study_source(identity.study, sender), scan)
    except DicomHeaderError as error:
        raise RefusedObjectError(Status.CANNOT_UNDERSTAND, str(error)) from error
    except BlobTooLargeError as error:
        raise RefusedObjectError(Status.OUT_OF_RESOURCES, str(error)) from error
    except (DatabaseUnavailableError, ConflictError, OSError) as error:
        logger.warning("object_not_stored", extra={"error": type(error).__name__})
        raise RefusedObjectError(
            Status.OUT_OF_RESOURCES, "It cannot be stored just now; send it again later."
        ) from error
