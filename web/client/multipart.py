"""A multipart form that is read from disk while it is sent: memory stays at one block, whatever the files' size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from secrets import token_hex
from urllib.parse import quote

from web.client.errors import FileChangedError
from web.client.files import LocalFile

BLOCK = 256 * 1024


class MultipartFiles:
    """Parts named `files`. The path of a scan goes percent-encoded into `filename*` (RFC 5987): plain `filename`
    cannot carry every path without being read wrongly. `check` is called for each block and may raise to stop."""

    def __init__(self, files: Sequence[LocalFile], check: Callable[[], None] = lambda: None) -> None:
        self.files = files
        self.check = check
        self.boundary = token_hex(16)

    @property
    def content_type(self) -> str:
        """The header that goes with the body."""
        return f"multipart/form-data; boundary={self.boundary}"

    def body(self) -> Iterator[bytes]:
        """The bytes, from the start at each call. Raises FileChangedError for a file that cannot be read."""
        for file in self.files:
            yield self._head(file)
            yield from self._blocks(file)
            yield b"\r\n"
        yield f"--{self.boundary}--\r\n".encode()

    def _head(self, file: LocalFile) -> bytes:
        return (
            f"--{self.boundary}\r\n"
            f"Content-Disposition: form-data; name=\"files\"; filename*=UTF-8''{quote(file.name, safe='')}\r\n"
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()

    def _blocks(self, file: LocalFile) -> Iterator[bytes]:
        try:
            with file.path.open("rb") as stream:
                while block := stream.read(BLOCK):
                    self.check()
                    yield block
        except OSError as error:
            raise FileChangedError(file.name, f"The file cannot be read: {error.strerror}.") from error
