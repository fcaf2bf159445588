"""UIDs that follow from the scan and the release, so that making an object again gives the same object."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID, uuid5

from pydicom.uid import UID

_NAMESPACE = UUID("6f2f3c54-8a0e-4c59-9d0c-2b7c6a3f6c11")


@dataclass(frozen=True)
class Identity:
    """Which file was read, by its SHA-256, and by what: the release id and the kind it was taken for.

    All UIDs are 2.25 and a UUID of version 5 (PS3.5 B.2): they need no registered root.
    """

    sha256: str
    release: str
    kind: str

    @classmethod
    def of(cls, data: bytes, release: str, kind: str) -> Identity:
        """The identity of the objects made from these bytes."""
        return cls(hashlib.sha256(data).hexdigest(), release, kind)

    def source_uid(self, part: str) -> UID:
        """A UID of the scan itself (study, series, instance), whoever reads it."""
        return _uid("source", self.sha256, part)

    def uid(self, part: str) -> UID:
        """A UID of what this release says of the scan."""
        return _uid("result", self.sha256, self.release, self.kind, part)

    @property
    def device_serial(self) -> str:
        """The release id as a serial number of 64 characters at most: its own words where they fit."""
        return self.release if len(self.release) <= 64 else hashlib.sha256(self.release.encode()).hexdigest()


def _uid(*parts: str) -> UID:
    return UID(f"2.25.{uuid5(_NAMESPACE, chr(10).join(parts)).int}")
