"""The answer to each C-STORE. Success is said only when the object is in the store and in a batch, durably."""

from __future__ import annotations

from typing import cast

import structlog
from pydicom.dataset import Dataset
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from shared.database import Database
from shared.dicom.refusals import RefusedObjectError, Status
from shared.dicom.taking import take_object
from worker.announcing import Announcer
from worker.listener.incoming import IncomingObject

log = structlog.get_logger(__name__)


class Storing:
    """Called by pynetdicom in the thread of an association, once for each object that has arrived."""

    def __init__(self, database: Database, announcer: Announcer) -> None:
        """`announcer` is told of each new scan."""
        self._database = database
        self._announcer = announcer

    def __call__(self, event: Event) -> Dataset:
        """The status that the sender gets."""
        request = cast(C_STORE, event.request)
        try:
            arrived = take_object(self._database, _incoming(request), event.assoc.requestor.ae_title.strip())
            self._announcer.add(arrived.scan_id, arrived.priority)
        except RefusedObjectError as error:
            log.warning("object_refused", status=f"0x{error.status:04X}", reason=error.comment)
            return _status(error.status, error.comment)
        except Exception as error:
            # Whatever it is, the sender must not take the object for stored.
            log.exception("object_not_taken", exc_info=error)
            return _status(Status.PROCESSING_FAILURE, "The receiver made a mistake; its log says more.")
        return _status(Status.SUCCESS)


def _incoming(request: C_STORE) -> IncomingObject:
    incoming = request._dataset_file
    if not isinstance(incoming, IncomingObject):
        raise RefusedObjectError(Status.CANNOT_UNDERSTAND, "The request came without an object.")
    return incoming


def _status(code: Status, comment: str | None = None) -> Dataset:
    status = Dataset()
    status.Status = int(code)
    if comment is not None:
        status.ErrorComment = comment
    return status
