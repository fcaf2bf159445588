"""How much of a request has arrived. It is only measured here; gunicorn parses it."""

from __future__ import annotations

import re
from enum import Enum

MAX_HEAD_BYTES = 32 * 1024
MAX_SMALL_BODY_BYTES = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Arrival(Enum):
    """What can be done with a request."""

    PARTIAL = "wait for more"
    WHOLE = "answer it"
    LARGE = "answer it while the rest of its body arrives"
    TOO_LONG = "refuse its head"
    GONE = "forget it: the client has gone"


class Inbox:
    """The bytes of the request that a connection sends, up to a small body; maybe the beginning of the next one."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._whole: int | None = None  # bytes of head and body, once the head is there
        self._is_large = False

    def __bool__(self) -> bool:
        return bool(self._data)

    def add(self, data: bytes) -> None:
        """Keep what has arrived."""
        self._data += data
        if self._whole is None and (end := self._data.find(END_OF_HEAD)) >= 0:
            self._measure(end + len(END_OF_HEAD))

    def empty(self) -> bytes:
        """All bytes; the inbox is ready for the next request."""
        data = bytes(self._data)
        self._data.clear()
        self._whole, self._is_large = None, False
        return data

    @property
    def arrival(self) -> Arrival:
        """What can be done with it now."""
        if self._whole is None:
            return Arrival.TOO_LONG if len(self._data) > MAX_HEAD_BYTES else Arrival.PARTIAL
        if self._is_large:
            return Arrival.LARGE
        return Arrival.WHOLE if len(self._data) >= self._whole else Arrival.PARTIAL

    @property
    def wants_to_be_told(self) -> bool:
        """Whether the client sends its small body only once it is told to go on."""
        return self.arrival is Arrival.PARTIAL and self._whole is not None and EXPECTS.search(self._data) is not None

    def _measure(self, head: int) -> None:
        """A head that says its length in more than one way is refused by the parser, however much has arrived."""
        fields = bytes(self._data[:head])
        length = LENGTH.search(fields)
        body = int(length[1]) if length else 0
        self._is_large = body > MAX_SMALL_BODY_BYTES or CHUNKED.search(fields) is not None
        self._whole = head + body
