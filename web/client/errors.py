"""What can go wrong between the client and the server."""

from __future__ import annotations

from shared.errors import OncoQueueError

CURES = {401: ". Set ONCOQUEUE_API_TOKEN: 'oncoqueue token create NAME', where the server runs, makes one."}


class ApiError(OncoQueueError):
    """The server refused; `status` is the HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"The server refused: {detail} (HTTP {status}){CURES.get(status, '')}")
        self.status = status
        self.detail = detail


class ServerAwayError(OncoQueueError):
    """The server did not answer for as long as the client was told to be patient; it may later."""


class WrongServerError(OncoQueueError):
    """What answers is not the server that the settings speak of; trying again does not help."""


class FileChangedError(OncoQueueError):
    """A local file could not be read to its end while it was sent."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class StoppedError(OncoQueueError):
    """The user stopped the submission."""
