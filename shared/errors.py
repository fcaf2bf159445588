"""Everything that can go wrong on purpose. Each error carries what its caller decides by."""

from __future__ import annotations


class OncoQueueError(Exception):
    """Root of all errors of this project."""


class SettingsError(OncoQueueError):
    """A setting is missing or wrong; the message names it and says what is expected."""


class StartError(OncoQueueError):
    """A part of the stack did not start."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"{part} did not start: {reason}")
        self.part = part
        self.reason = reason


class NotFoundError(OncoQueueError):
    """There is no batch, scan, alert or model with this id."""

    def __init__(self, what: str, number: int | str) -> None:
        super().__init__(f"There is no {what} {number}.")
        self.what = what
        self.number = number


class ConflictError(OncoQueueError):
    """The batch or scan is in a state that does not allow this."""


class CursorError(OncoQueueError):
    """The `after` of a listing is not one that a page of this listing gave."""

    def __init__(self, after: str) -> None:
        super().__init__("The value of 'after' must be the 'next' of an earlier page of the same listing.")
        self.after = after


class DatabaseUnavailableError(OncoQueueError):
    """The database cannot be reached or stays locked; the same call may succeed later."""


class BlobMissingError(OncoQueueError):
    """The blob store has no file with this SHA-256."""

    def __init__(self, sha256: str) -> None:
        super().__init__("The file is not in the store.")
        self.sha256 = sha256


class BlobTooLargeError(OncoQueueError):
    """A file is longer than the store accepts."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is larger than {max_bytes / 2**20:g} MB.")
        self.max_bytes = max_bytes


class LinkExpiredError(OncoQueueError):
    """A link that acts is too old."""

    def __init__(self) -> None:
        super().__init__("This link has expired. Open the alert in OncoQueue to acknowledge it.")


class LinkBrokenError(OncoQueueError):
    """A link that acts was cut short, changed, or not made by us."""

    def __init__(self) -> None:
        super().__init__("This link is not complete or was not made by this installation.")
