"""DIMSE messages within bounds: pynetdicom by itself keeps whatever a peer sends."""

from __future__ import annotations

from typing import Any, cast

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.pdu_primitives import P_DATA

from shared.blobs import BlobStore
from worker.listener.incoming import IncomingObject

MAX_COMMAND_BYTES = 64 * 1024
MAX_WAITING_MESSAGES = 2  # a peer waits for each answer, unless it is broken
INVALID_PDU = "Evt19"  # PS3.8, table 9-10: the association is aborted
IS_COMMAND, IS_LAST = 1, 2  # bits of a fragment's first byte (PS3.8, E.2)


class BoundedMessages(DIMSEServiceProvider):
    """Lets the objects of C-STORE go to the blob store as they come; ends the association of who sends without end."""

    def __init__(self, association: Association, blobs: BlobStore, max_bytes: int) -> None:
        """An object of more than `max_bytes` is refused when it is there, one of twice as much is not waited for."""
        super().__init__(association)
        self._blobs = blobs
        self._max_bytes = max_bytes
        self._bytes = 0

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take the fragments of a PDU, one by one: in between, it shows where the data set is to go."""
        for context, fragment in primitive.presentation_data_value_list:
            self._bytes += len(fragment)
            if self._bytes > self._bound() or self.msg_queue.qsize() > MAX_WAITING_MESSAGES:
                self.dul.event_queue.put(INVALID_PDU)
                return
            single = P_DATA()
            single.presentation_data_value_list = cast(Any, [[context, fragment]])  # a list, which it insists on
            super().receive_primitive(single)
            if self.message is None or (fragment[0] & IS_COMMAND and fragment[0] & IS_LAST):
                self._bytes = 0
            self._make_room(context)

    def forget(self) -> None:
        """Delete what has arrived of an object that will not be whole any more."""
        incoming: Any = self.message._data_set_file if self.message is not None else None
        if incoming is not None:
            incoming.close()

    def _bound(self) -> int:
        is_storing = self.message is not None and self.message._data_set_file is not None
        return 2 * self._max_bytes if is_storing else MAX_COMMAND_BYTES

    def _make_room(self, context_id: int) -> None:
        """Where the command of a C-STORE is there and its data set is to follow."""
        if not isinstance(self.message, C_STORE_RQ) or self.message._data_set_file is not None:
            return
        message = cast(Any, self.message)
        context = self.assoc._accepted_cx[context_id]
        command = message.command_set
        message._data_set_file = IncomingObject(
            self._blobs,
            str(command.AffectedSOPClassUID),
            str(command.AffectedSOPInstanceUID),
            str(context.transfer_syntax[0]),
        )
