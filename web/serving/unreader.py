"""Where gunicorn's parser reads a request from."""

from __future__ import annotations

import time
from typing import Any

from gunicorn.http.unreader import SocketUnreader

MIN_BYTES_PER_SECOND = 1000
MEASURED_SECONDS = 60.0


class SlowBodyError(TimeoutError):
    """The body of a request arrives too slowly to hold a thread for it."""


class RequestUnreader(SocketUnreader):
    """Gives what the connection has gathered, and goes on to the socket only for a large body.

    So a thread that answers a small request never waits for its client, whatever the request says of its length.
    """

    max_body_chunk = 256 * 1024  # bytes of one read; as much memory for each body that arrives

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self._may_read = False
        self._bytes = 0
        self._waited = 0.0

    def begin(self, data: bytes, may_read: bool) -> None:
        """A new request of which `data` is there."""
        self.unread(data)
        self._may_read = may_read
        self._bytes, self._waited = 0, 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Bytes of the socket; none where the request is whole. Raises SlowBodyError, OSError."""
        if not self._may_read:
            return b""
        begun = time.monotonic()
        data: bytes = super().chunk(size_hint)
        self._note(len(data), time.monotonic() - begun)
        return data

    def _note(self, size: int, seconds: float) -> None:
        """Only the time in which we wait counts: what we do with the bytes is not the client's fault."""
        self._bytes += size
        self._waited += seconds
        if self._waited < MEASURED_SECONDS:
            return
        if self._bytes < MIN_BYTES_PER_SECOND * self._waited:
            raise SlowBodyError
        self._bytes, self._waited = 0, 0.0
