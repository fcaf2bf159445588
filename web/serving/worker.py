"""gunicorn's threaded worker, changed so that no client holds a thread by being slow.

The main thread gathers requests from all connections without waiting for any. A request gets a thread once its head and
a small body are there. A large body is read in a thread, and only some of the threads may do so at a time; further ones
wait their turn, first come, first served.
"""

from __future__ import annotations

import socket
import struct
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from web.serving.connection import Connection
from web.serving.inbox import Arrival
from web.serving.problems import STATUSES, protocol_problem

STALL_SECONDS = 30.0  # a peer that neither sends nor takes a byte of a large body for so long is dropped
REQUEST_SECONDS = 10.0  # for a TLS handshake, and for a head with its small body, from the first byte to the last
TURN_SECONDS = 20.0  # how long a large body waits for a thread; less than what clients wait for us
LINGER_SECONDS = 2.0
SWEEP_SECONDS = 0.5
RETRY_SECONDS = 2

LATE = protocol_problem(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")
TOO_LONG = protocol_problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
BUSY = protocol_problem(HTTPStatus.SERVICE_UNAVAILABLE, "Too many uploads run; try again shortly.", RETRY_SECONDS)


class PatientWorker(ThreadWorker):
    """Each open connection is in a thread or in one of: `_gathering`, `_turns` or `_closing`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = self.cfg.threads // 2
        self._gathering: dict[Connection, None] = {}  # in the order in which they began to
        self._turns: deque[Connection] = deque()
        self._closing: dict[Connection, None] = {}
        self._next_sweep = 0.0

    def run(self) -> None:
        """Serve. Accepted sockets inherit the limits of the listening one."""
        limit = struct.pack("ll", int(STALL_SECONDS), 0)
        for listener in self.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        super().run()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection; where there are too many, the one that has dawdled longest goes."""
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self._gathering:
            self._drop(next(iter(self._gathering)))
        self._gather(Connection(self.cfg, sock, client, listener.getsockname(), REQUEST_SECONDS))

    def finish_request(self, conn: Connection, fs: Future[bool]) -> None:
        """A thread is done with a request."""
        if conn.holds_place:
            self._places += 1
            conn.holds_place = False
            self._next_turn()
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._close(conn)
            return
        try:
            conn.take_back()
        except OSError:
            self._drop(conn)
            return
        if not self.alive:
            conn.deadline = min(conn.deadline, time.monotonic() + LINGER_SECONDS)
        self._gather(conn)

    def murder_pending(self) -> None:
        """Part with those whose time is up."""
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_SECONDS
        for conn in [conn for conn in self._gathering if conn.deadline < now]:
            self._leave(conn)
            self._refuse(conn, LATE) if conn.inbox else self._drop(conn)
        for conn in [conn for conn in self._turns if conn.deadline < now]:
            self._turns.remove(conn)
            self._refuse(conn, BUSY)
        for conn in [conn for conn in self._closing if conn.deadline < now]:
            self._drop(conn)

    def handle_error(self, req: object, client: socket.socket, addr: object, exc: Exception) -> None:
        """Answer a request that never reached the application."""
        status = next((status for kind, status in STATUSES.items() if isinstance(exc, kind)), HTTPStatus.BAD_REQUEST)
        if not isinstance(exc, ParseException):
            self.log.exception("Error handling a request")
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        try:
            client.sendall(protocol_problem(status))
        except OSError:
            self.log.debug("The client did not wait for the error")

    def _gather(self, conn: Connection) -> None:
        """Read on; then wait for more, or give the request to a thread."""
        match conn.advance():
            case Arrival.PARTIAL:
                self._gathering[conn] = None
                self.poller.register(conn.sock, conn.waits_for, partial(self._on_ready, conn))
            case Arrival.WHOLE:
                conn.hand_over(is_large=False)
                self.enqueue_req(conn)
            case Arrival.LARGE:
                conn.deadline = time.monotonic() + TURN_SECONDS
                self._turns.append(conn)
                self._next_turn()
            case Arrival.TOO_LONG:
                self._refuse(conn, TOO_LONG)
            case Arrival.GONE:
                self._drop(conn)

    def _on_ready(self, conn: Connection, _: object) -> None:
        if conn in self._gathering:  # and not dropped since the poller looked
            self._leave(conn)
            self._gather(conn)

    def _next_turn(self) -> None:
        while self._places and self._turns:
            conn = self._turns.popleft()
            self._places -= 1
            conn.hand_over(is_large=True)
            self.enqueue_req(conn)

    def _refuse(self, conn: Connection, answer: bytes) -> None:
        conn.refuse(answer)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        """Say that nothing follows, and let the client end first: else it may lose the answer it is still reading."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, conn.waits_for, partial(self._on_closing, conn))
        except (OSError, ValueError):
            self._drop(conn)
            return
        conn.deadline = time.monotonic() + LINGER_SECONDS
        self._closing[conn] = None

    def _on_closing(self, conn: Connection, _: object) -> None:
        if conn not in self._closing:
            return
        try:
            if conn.sock.recv(64 * 1024):
                return
        except BlockingIOError:
            return
        except OSError:
            self.log.debug("The client has gone first")
        self._drop(conn)

    def _leave(self, conn: Connection) -> None:
        """No longer watched."""
        self._gathering.pop(conn, None)
        self._closing.pop(conn, None)
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._leave(conn)
        conn.close()
        self.nr_conns -= 1

    def _cap_keepalive(self, deadline: float) -> None:
        """We are told to stop: who sends nothing now is not waited for."""
        for conn in self._gathering:
            conn.deadline = min(conn.deadline, deadline)
