"""A connection within bounds: the length of a PDU, and how long one may take."""

from __future__ import annotations

import socket
import time

from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket

MAX_PDU_BYTES = 128 * 1024  # what we agree on; an association request is smaller
SLACK_BYTES = 64 * 1024  # a peer may count headers otherwise than we do
RECEIVE_BYTES = 256 * 1024


class BoundedSocket(AssociationSocket):
    """Refuses a PDU that is longer than agreed, or does not arrive whole within `seconds`.

    Over TLS the handshake is part of the first read, so that who delays it delays nobody else.
    """

    def __init__(self, association: Association, client: socket.socket, seconds: float) -> None:
        super().__init__(association, client_socket=client)
        self._seconds = seconds

    def recv(self, nr_bytes: int) -> bytearray:
        """Exactly so many bytes, or fewer at the end of the stream. Raises OSError."""
        if nr_bytes > MAX_PDU_BYTES + SLACK_BYTES:
            raise ConnectionError("The peer sends a PDU that is longer than agreed.")
        connection = self.socket
        if connection is None:
            raise ConnectionError("The connection is closed.")
        deadline = time.monotonic() + self._seconds
        data = bytearray()
        while len(data) < nr_bytes:
            if (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError("A PDU did not arrive in time.")
            connection.settimeout(left)
            part = connection.recv(min(nr_bytes - len(data), RECEIVE_BYTES))
            if not part:
                break
            data += part
        connection.settimeout(self._seconds)
        return data
