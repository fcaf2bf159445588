"""What can be wrong with a DICOM object that arrives."""

from __future__ import annotations

from shared.errors import OncoQueueError


class DicomHeaderError(OncoQueueError):
    """The header of a DICOM object does not say which object it is."""
