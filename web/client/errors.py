"""What can go wrong between the client and the server."""

from __future__ import annotations

from shared.errors import OncoQueueError


class ApiError(OncoQueueError):
    """The server refused; `status` is the HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"The server refused: {detail} (HTTP {status})")
        self.status = status
        self.detail = detail


class ServerAwayError(OncoQueueError):
    """The server did not answer for as long as the client was told to be patient."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"No server answers at {address} ({reason}). Start one with 'oncoqueue up'.")
        self.address = address


class FileChangedError(OncoQueueError):
    """A local file could not be read to its end while it was sent."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class StoppedError(OncoQueueError):
    """The user stopped the submission."""
