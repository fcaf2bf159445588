"""Streamed multipart uploads: each part's bytes go straight into the blob store while they are hashed.

Memory stays bounded by one read of the body, whatever the files' size. A file that is refused is read to its end
and dropped, so that its neighbours in the same request still arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from shared.blobs import BlobInfo, BlobStore, BlobWriter
from shared.errors import BlobTooLargeError
from shared.paths import BadPathError, normalise_path
from web.problems import ProblemError
from web.serving.unreader import SlowBodyError

READ_BYTES = 256 * 1024
BUFFER_BYTES = 1024 * 1024  # what the decoder may hold: one read and the headers of a part
FIELD = "files"


@dataclass(frozen=True)
class ReceivedFile:
    """One part of the request: its path and either the blob it became or why it was refused."""

    path: str
    blob: BlobInfo | None = None
    error: str | None = None


def receive_files(stream: IO[bytes], boundary: bytes, blobs: BlobStore, max_files: int) -> Iterator[ReceivedFile]:
    """Store the parts named `files` of a multipart body as they arrive and yield each when it is complete.

    Raises ProblemError for a body that is not such a form. However it ends, no unfinished blob stays behind; the
    blobs of complete files stay, so a client that comes back need not send them again.
    """
    part: _Part | None = None
    count = 0
    try:
        for event in _events(stream, boundary):
            if isinstance(event, (File, Field)):
                count += 1
                if count > max_files:
                    raise ProblemError(413, f"A request may carry at most {max_files} files; send the rest in another.")
                part = _open_part(event, blobs)
            elif isinstance(event, Data) and part is not None:
                part.write(event.data)
                if not event.more_data:
                    yield part.finish()
                    part = None
    finally:
        if part is not None:
            part.discard()
    if count == 0:
        raise ProblemError(422, f"The form has no part named {FIELD!r}.")


def _events(stream: IO[bytes], boundary: bytes) -> Iterator[Event]:
    decoder = MultipartDecoder(boundary, max_form_memory_size=BUFFER_BYTES)
    try:
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                decoder.receive_data(read_block(stream) or None)
            elif isinstance(event, Epilogue):
                return
            else:
                yield event
    except RequestEntityTooLarge:
        raise ProblemError(413, "The headers of a part are too long.") from None
    except (ValueError, UnicodeError) as error:
        raise ProblemError(422, "The body is not a complete multipart form.") from error


def read_block(stream: IO[bytes]) -> bytes:
    """The next bytes of a body, none at its end. Raises ProblemError where they do not come."""
    try:
        return stream.read(READ_BYTES)
    except (ClientDisconnected, OSError) as error:
        if isinstance(error, SlowBodyError) or isinstance(error.__context__, SlowBodyError):
            raise ProblemError(408, "The body arrived at less than 1 kB a second; try again.") from error
        raise ProblemError(400, "The connection broke or stood still before the body was complete.") from error


def _open_part(event: File | Field, blobs: BlobStore) -> _Part:
    if event.name != FIELD:
        raise ProblemError(422, f"The form has a part that is not named {FIELD!r}.")
    if isinstance(event, Field):
        raise ProblemError(422, f"A part named {FIELD!r} has no file name.")
    try:
        return _Part(normalise_path(event.filename), blobs.writer())
    except BadPathError as error:
        return _Part(event.filename, None, str(error))


class _Part:
    """A file that is arriving. Without a writer its bytes are dropped."""

    def __init__(self, path: str, writer: BlobWriter | None, error: str | None = None) -> None:
        self.path = path
        self.writer = writer
        self.error = error

    def write(self, data: bytes) -> None:
        if self.writer is None:
            return
        try:
            self.writer.write(data)
        except BlobTooLargeError as error:
            self.error = str(error)
            self.discard()

    def finish(self) -> ReceivedFile:
        if self.writer is None:
            return ReceivedFile(self.path, error=self.error)
        blob = self.writer.commit()
        self.writer = None
        return ReceivedFile(self.path, blob)

    def discard(self) -> None:
        if self.writer is not None:
            self.writer.discard()
            self.writer = None
