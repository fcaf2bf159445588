"""What an archive holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

LINK = "Links in archives are not followed."
DEVICE = "This is no regular file."
ENCRYPTED = "It is encrypted; unpack it with its password and send that."
DAMAGED = "It is damaged and cannot be unpacked."


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name there, and how to open it or why it is refused."""

    name: str
    open: Callable[[], IO[bytes]] | None = None
    refusal: str | None = None
