"""One connection, as it is read without waiting for it."""

from __future__ import annotations

import selectors
import ssl
import time
from contextlib import suppress
from typing import Any

from gunicorn import http
from gunicorn.sock import ssl_wrap_socket
from gunicorn.workers.gthread import TConn

from web.serving.inbox import Arrival, Inbox
from web.serving.unreader import RequestUnreader

READ_BYTES = 16 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(TConn):
    """gathering -> in a thread -> gathering ...; the worker says when, and only its main thread calls this."""

    sock: Any
    parser: Any

    def __init__(self, cfg: Any, sock: Any, client: Any, server: Any, request_seconds: float) -> None:
        super().__init__(cfg, sock, client, server)
        self.inbox = Inbox()
        self.deadline = time.monotonic() + request_seconds
        self.waits_for = selectors.EVENT_READ
        self.holds_place = False  # one of those for large bodies
        self._request_seconds = request_seconds
        self._is_open = False
        self.initialized = self.data_ready = True  # so that gunicorn waits for nothing

    def advance(self) -> Arrival:
        """Read what has arrived."""
        try:
            return self._read()
        except (BlockingIOError, ssl.SSLWantReadError):
            self.waits_for = selectors.EVENT_READ
            return Arrival.PARTIAL
        except ssl.SSLWantWriteError:
            self.waits_for = selectors.EVENT_WRITE
            return Arrival.PARTIAL
        except OSError:
            return Arrival.GONE

    def hand_over(self, is_large: bool) -> None:
        """Let gunicorn's parser read what is there, and for a large body what follows."""
        if self.parser is None:
            self.parser = http.get_parser(self.cfg, self.sock, self.client)
            self.parser.unreader = RequestUnreader(self.sock)
        self.holds_place = is_large
        self.parser.unreader.begin(self.inbox.empty(), may_read=is_large)

    def take_back(self) -> None:
        """Gather the next request; its beginning may have arrived with the last one."""
        self.sock.setblocking(False)
        self.deadline = time.monotonic() + self.cfg.keepalive
        if ahead := self.parser.unreader.take_buffered():
            self._add(ahead)

    def refuse(self, answer: bytes) -> None:
        """Send `answer` as far as it can be sent at once."""
        with suppress(OSError):
            self.sock.setblocking(False)
            self.sock.send(answer)

    def _read(self) -> Arrival:
        if not self._is_open:
            self._open()
        while (arrival := self.inbox.arrival) is Arrival.PARTIAL:
            data = self.sock.recv(READ_BYTES)
            if not data:
                return Arrival.GONE
            self._add(data)
        return arrival

    def _add(self, data: bytes) -> None:
        if not self.inbox:
            self.deadline = time.monotonic() + self._request_seconds
        self.inbox.add(data)
        if self.inbox.wants_to_be_told:
            self.sock.send(CONTINUE)

    def _open(self) -> None:
        if self.cfg.is_ssl:
            if not isinstance(self.sock, ssl.SSLSocket):
                self.sock = ssl_wrap_socket(self.sock, self.cfg)
            self.sock.do_handshake()
        self._is_open = True
        self.deadline = time.monotonic() + self.cfg.keepalive
