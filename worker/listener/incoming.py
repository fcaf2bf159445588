"""An object while it arrives: its bytes go straight into the blob store, and nobody else ever holds it whole."""

from __future__ import annotations

from shared.blobs import BlobInfo, BlobStore, BlobWriter
from shared.dicom.head import file_head
from shared.dicom.identity import Identity, read_identity
from shared.dicom.refusals import RefusedObjectError, Status
from shared.errors import BlobTooLargeError


class IncomingObject:
    """What pynetdicom takes for the file that it writes a data set to.

    Where the store does not take the bytes, the rest is dropped, and the reason is raised when all has arrived: so the
    sender gets an answer and may go on with its next object.
    """

    name = ""  # pynetdicom deletes the file of this name; ours is deleted by `close`

    def __init__(self, blobs: BlobStore, sop_class: str, sop_instance: str, syntax: str) -> None:
        self._writer: BlobWriter | None = None
        self._problem: BlobTooLargeError | OSError | None = None
        self._named = sop_class, sop_instance
        try:
            self._writer = blobs.writer()
        except OSError as error:
            self._problem = error
        self.write(file_head(sop_class, sop_instance, syntax))

    @property
    def file(self) -> IncomingObject:
        """pynetdicom flushes this after each fragment, which we need not."""
        return self

    def flush(self) -> None:
        """Nothing: bytes are on the disk when they are committed."""

    def write(self, data: bytes) -> None:
        """Take a fragment."""
        if self._writer is None:
            return
        try:
            self._writer.write(data)
        except (BlobTooLargeError, OSError) as error:
            self._problem = error
            self.close()

    def identity(self) -> Identity:
        """Which object it is, once it is whole.

        Raises DicomHeaderError, BlobTooLargeError, OSError; RefusedObjectError where the request named another one.
        """
        with self._whole().written() as file:
            found = read_identity(file)
        if (found.sop_class, found.sop_instance) != self._named:
            raise RefusedObjectError(Status.DOES_NOT_MATCH_CLASS, "The request names another object than it brings.")
        return found

    def commit(self) -> BlobInfo:
        """Put it into the store, durably. Raises BlobTooLargeError, OSError."""
        return self._whole().commit()

    def close(self) -> None:
        """Forget what is not committed."""
        if self._writer is not None:
            self._writer.discard()
            self._writer = None

    def _whole(self) -> BlobWriter:
        if self._problem is not None:
            raise self._problem
        if self._writer is None:
            raise OSError("The object was given up before it was whole.")
        return self._writer
