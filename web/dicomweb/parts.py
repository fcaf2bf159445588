"""The parts of a multipart/related body, as they arrive: memory holds one read, however large a part is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import Message

from web.problems import ProblemError

MAX_HEAD_BYTES = 8 * 1024
MAX_PREAMBLE_BYTES = 8 * 1024
END_OF_LINE = b"\r\n"
END_OF_HEAD = b"\r\n\r\n"


class Part:
    """One part: its media type, and its bytes to go through once."""

    def __init__(self, head: bytes, blocks: Iterator[bytes]) -> None:
        self.media_type = _media_type(head)
        self._blocks = blocks

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks


class RelatedParts:
    """The parts of a body whose bytes `read` gives block by block, none at its end."""

    def __init__(self, read: Callable[[], bytes], boundary: bytes) -> None:
        self._read = read
        self._delimiter = END_OF_LINE + b"--" + boundary
        self._buffer = bytearray(END_OF_LINE)  # the first delimiter may be the first thing there is

    def __iter__(self) -> Iterator[Part]:
        """Each part in turn; what is left of one is dropped before the next. Raises ProblemError."""
        self._collect(self._delimiter, MAX_PREAMBLE_BYTES)
        while not self._is_last():
            head = self._collect(END_OF_HEAD, MAX_HEAD_BYTES)
            blocks = self._until(self._delimiter)
            yield Part(head, blocks)
            for _ in blocks:
                continue

    def _is_last(self) -> bool:
        while len(self._buffer) < 2:
            self._fill()
        return self._buffer.startswith(b"--")

    def _collect(self, marker: bytes, max_bytes: int) -> bytes:
        found = bytearray()
        for block in self._until(marker):
            found += block
            if len(found) > max_bytes:
                raise ProblemError(400, "The body is not multipart/related: a boundary or a part's header is missing.")
        return bytes(found)

    def _until(self, marker: bytes) -> Iterator[bytes]:
        """The bytes before the next `marker`, which is taken too."""
        while (at := self._buffer.find(marker)) < 0:
            # The end of what we have may be the beginning of the marker.
            if (sure := len(self._buffer) - len(marker) + 1) > 0:
                yield bytes(self._buffer[:sure])
                del self._buffer[:sure]
            self._fill()
        found = bytes(self._buffer[:at])
        del self._buffer[: at + len(marker)]
        if found:
            yield found

    def _fill(self) -> None:
        block = self._read()
        if not block:
            raise ProblemError(400, "The body ends before its last boundary.")
        self._buffer += block


def _media_type(head: bytes) -> str:
    """Of a part's header, in lower case and without parameters; empty where it names none."""
    fields = Message()
    for line in head.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == "content-type":
            fields["Content-Type"] = value.strip()
    return fields.get_content_type() if "Content-Type" in fields else ""
