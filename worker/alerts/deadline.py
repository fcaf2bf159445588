"""A bound on the whole of a conversation: time-outs of sockets bound each read alone, and a far side may drip."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from worker.alerts.channel import Stopping, never

STOP_SECONDS = 5.0  # what a message in progress gets once the worker is asked to stop
LOOK_SECONDS = 0.2


class TooLateError(TimeoutError):
    """The far side was left because its time was up; the text says which time."""


class Deadline:
    """Used as a `with` block. When the time is up, the watched connection is shut down and whoever waits for it wakes.

    The time is `seconds`, or what is left of STOP_SECONDS since `stopping` was first seen.
    """

    def __init__(self, seconds: float, stopping: Stopping = never) -> None:
        self._reason = f"it took longer than {seconds:g} seconds"
        self._stopping = stopping
        self._end = time.monotonic() + seconds
        self._watched: socket.socket | None = None
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._wait, name="deadline", daemon=True)

    def watch(self, connection: socket.socket) -> None:
        """Bound this connection from now on. Raises TooLateError where the time is already up."""
        with self._lock:
            self._forget()
            # A copy, because TLS takes the socket away from its object; shutting it down ends the connection for both.
            self._watched = connection.dup()
            if self._over:
                raise self._error()

    def cause(self, error: Exception) -> Exception:
        """Why it failed: the time that was up, or else the error itself."""
        return self._error() if self._over else error

    def _error(self) -> TooLateError:
        return TooLateError(self._reason)

    def _wait(self) -> None:
        stopped = False
        while (left := self._end - time.monotonic()) > 0:
            if self._done.wait(min(left, LOOK_SECONDS)):
                return
            if not stopped and self._stopping():
                stopped = True
                self._end = min(self._end, time.monotonic() + STOP_SECONDS)
                self._reason = "the alert worker was stopped"
        self._shut_down()

    def _shut_down(self) -> None:
        with self._lock:
            self._over = True
            if self._watched is not None:
                with suppress(OSError):  # It may have been closed by its other end.
                    self._watched.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        if self._watched is not None:
            self._watched.close()
            self._watched = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        with self._lock:
            self._forget()
