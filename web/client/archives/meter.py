"""How much may come out of an archive: bounds that hold for it and all archives inside it together."""

from __future__ import annotations

from dataclasses import dataclass

MB = 2**20


class ArchiveError(Exception):
    """An archive, or what is left of it, is not read; the message says why and what to do."""


class TooMuchError(ArchiveError):
    """More comes out of an archive than a bound allows: nothing more is read of it or of what it is in."""


@dataclass(frozen=True)
class Bounds:
    """`ratio` is of what comes out to the archive's own size, and is asked for beyond `free_bytes` only."""

    members: int = 100_000
    member_bytes: int = 1024 * MB
    total_bytes: int = 64 * 1024 * MB
    ratio: int = 200
    free_bytes: int = 64 * MB
    depth: int = 2


class Meter:
    """Counts what has come out of an archive of `size` bytes. Its methods raise TooMuchError beyond a bound."""

    def __init__(self, size: int, bounds: Bounds) -> None:
        self.bounds = bounds
        self._members = 0
        self._bytes = 0
        self._allowed = min(bounds.total_bytes, max(bounds.free_bytes, bounds.ratio * size))

    def count_member(self) -> None:
        """One more, of whatever kind."""
        self._members += 1
        if self._members > self.bounds.members:
            raise TooMuchError(f"It has more than {self.bounds.members} members; send it in parts.")

    def count_bytes(self, size: int) -> None:
        """So many more, read or to be read."""
        self._bytes += size
        if self._bytes > self.bounds.total_bytes:
            raise TooMuchError(f"More than {self.bounds.total_bytes // MB} MB come out of it; send it in parts.")
        if self._bytes > self._allowed:
            raise TooMuchError(
                f"More than {self.bounds.ratio} times its size comes out of it, as of a zip bomb; unpack it first."
            )
