"""Why an object is refused: the status of C-STORE (PS3.4, B.2.3), which STOW-RS calls its failure reason, and words."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Of one object that was sent."""

    SUCCESS = 0x0000
    PROCESSING_FAILURE = 0x0110
    CLASS_NOT_SUPPORTED = 0x0122
    OUT_OF_RESOURCES = 0xA700
    DOES_NOT_MATCH_CLASS = 0xA900
    CANNOT_UNDERSTAND = 0xC000


MAX_COMMENT_CHARS = 64  # the value representation LO


class RefusedObjectError(Exception):
    """An object is not taken. `comment` goes to the sender and says what to do, without naming anybody."""

    def __init__(self, status: Status, comment: str) -> None:
        super().__init__(comment)
        self.status = status
        self.comment = comment[:MAX_COMMENT_CHARS]
