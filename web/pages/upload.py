"""What the upload on the batches page must know of the server's limits."""

from __future__ import annotations

from dataclasses import dataclass

from web.services import services


@dataclass(frozen=True)
class UploadLimits:
    """The bytes of a file and the files of a request that the server takes at most."""

    max_file_bytes: int
    max_request_files: int


def upload_limits() -> UploadLimits:
    """Those of the app that serves the current request."""
    settings = services().settings
    return UploadLimits(settings.max_file_bytes, settings.max_files_per_request)
