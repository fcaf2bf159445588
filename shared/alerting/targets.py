"""Where a message can go: a channel and a recipient of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.hosts import is_address

DEFAULT = "default"
EMAIL, SLACK, FOLDER = "email", "slack", "folder"
CHANNELS = (EMAIL, SLACK, FOLDER)

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, order=True)
class Target:
    """One recipient of one channel: an e-mail address, the name of a Slack webhook, or the folder."""

    channel: str
    recipient: str

    @classmethod
    def parse(cls, text: str) -> Target:
        """From "channel:recipient"; "slack" alone means "slack:default". Raises ValueError with a sentence."""
        channel, _, recipient = text.strip().partition(":")
        if channel not in CHANNELS:
            raise ValueError(f"{text!r} is not a target: write slack:NAME, email:ADDRESS or folder")
        if channel == EMAIL:
            if not is_address(recipient):
                raise ValueError(f"{text!r} has no e-mail address: write email:reader@hospital.example")
            return cls(channel, recipient)
        if channel == FOLDER and recipient not in ("", DEFAULT):
            raise ValueError(f"{text!r} names a folder: there is one, so write folder")
        if not _NAME.fullmatch(recipient or DEFAULT):
            raise ValueError(f"{text!r} has no name of a webhook: letters, digits, dot, dash and underscore")
        return cls(channel, recipient or DEFAULT)

    def __str__(self) -> str:
        """What `parse` reads."""
        return self.channel if self.channel == FOLDER else f"{self.channel}:{self.recipient}"
