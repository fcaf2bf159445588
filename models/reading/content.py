"""A file's bytes at any place, for any thread, without holding the file in memory."""

from __future__ import annotations

import os
from typing import BinaryIO


class Content:
    """A file on disk, which it keeps open, or bytes that had to be unpacked."""

    def __init__(self, source: BinaryIO | bytes) -> None:
        self._source = source

    def read(self, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`; fewer where the file ends before."""
        if isinstance(self._source, bytes):
            return self._source[start : start + length]
        return os.pread(self._source.fileno(), length, start)
