"""An object of a request while it arrives."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import Self

from shared.blobs import BlobInfo, BlobStore, BlobWriter
from shared.dicom.identity import Identity, read_identity
from shared.errors import BlobTooLargeError
from web.dicomweb.parts import Part


class ArrivingObject:
    """The bytes of a part on their way into the blob store. Leaving its `with` block forgets what is not committed."""

    def __init__(self, part: Part, blobs: BlobStore) -> None:
        """Reads the part to its end, also where it is too large: the next part follows."""
        self._too_large: BlobTooLargeError | None = None
        self._writer: BlobWriter = blobs.writer()
        try:
            for block in part:
                self._write(block)
        except BaseException:
            self._writer.discard()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.discard()

    def identity(self) -> Identity:
        """Which object it is. Raises DicomHeaderError, BlobTooLargeError, OSError."""
        return self._identity

    def commit(self) -> BlobInfo:
        """Put it into the store, durably. Raises OSError."""
        return self._writer.commit()

    @cached_property
    def _identity(self) -> Identity:
        if self._too_large is not None:
            raise self._too_large
        with self._writer.written() as file:
            return read_identity(file)

    def _write(self, block: bytes) -> None:
        if self._too_large is not None:
            return
        try:
            self._writer.write(block)
        except BlobTooLargeError as error:
            self._too_large = error
