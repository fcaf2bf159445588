"""Work that must not run twice side by side in a process, and must not miss a call either."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Turns:
    """Called while it runs, the action runs once more after that; the call itself returns at once.

    Where the action raises, that ends the turn for all who called meanwhile: it runs again with the next call.
    """

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self._running = threading.Lock()
        self._wanted = threading.Event()

    def __call__(self) -> None:
        """Run the action, or have whoever runs it do so again. Raises what the action raises."""
        self._wanted.set()
        while self._wanted.is_set() and self._running.acquire(blocking=False):
            try:
                self._wanted.clear()
                self._action()
            finally:
                self._running.release()
