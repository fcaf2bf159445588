"""From a decoder's complaint to a rejection that a person can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from models.errors import ScanRejectedError


@contextmanager
def as_rejection(
    sentence: str, errors: tuple[type[Exception], ...], detail: Callable[[Exception], str] = str
) -> Iterator[None]:
    """Turn these errors into a rejection; an error of the disk (it has an errno) stays what it is."""
    try:
        yield
    except errors as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ScanRejectedError(f"{sentence} ({detail(error)}).") from error
