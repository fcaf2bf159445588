"""The server process: gunicorn with one worker process and a few threads, small enough to forget about.

Run as `python -m web.server HOST PORT [CERTIFICATE KEY]`, so that gunicorn's master loads gunicorn and nothing else
(25 MB); the application and the settings are loaded in its worker.
"""

from __future__ import annotations

import logging
import os
import socket
import struct
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker

if TYPE_CHECKING:
    from flask import Flask

THREADS = 8
STALL_SECONDS = 30  # a peer that neither sends nor takes a byte for so long is dropped
KEEPALIVE_SECONDS = 15
STOP_SECONDS = 15  # running requests may take so long once we are told to stop
MAX_REQUEST_LINE = 4094
# glibc: no pool of memory for each thread, and large buffers go back to the system at once. Saves 10 MB under load.
MEMORY_POLICY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}

STATUSES: Mapping[type[Exception], HTTPStatus] = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}


class ProblemWorker(ThreadWorker):
    """gunicorn's threaded worker, with time limits on sockets and problem documents for broken requests."""

    def run(self) -> None:
        """Serve. Accepted sockets inherit the limits of the listening one."""
        limit = struct.pack("ll", STALL_SECONDS, 0)
        for listener in self.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        super().run()

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


def protocol_problem(status: HTTPStatus) -> bytes:
    """A whole HTTP response with a problem document, for requests of which not even the path is known."""
    body = (
        f'{{"type":"about:blank","title":"{status.phrase}","status":{status.value},'
        f'"detail":"The request could not be read as HTTP.","instance":"/","errors":[]}}'
    )
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode("ascii")


class PropagatingLogger(Logger):
    """Hands gunicorn's messages to the log configuration of the process."""

    def setup(self, cfg: Any) -> None:
        """No handlers of its own."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


class Server(BaseApplication):
    """gunicorn, configured by code alone: no configuration file, no command line, no control socket."""

    def __init__(self, host: str, port: int, certificate: tuple[str, str] | None = None) -> None:
        """Binds nothing yet. `certificate`: its file and that of its key, to serve HTTPS."""
        self.host = host
        self.port = port
        self.certificate = certificate
        super().__init__()

    def load_config(self) -> None:
        """Hand our options to gunicorn."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        options: dict[str, Any] = {
            "bind": f"{host}:{self.port}",
            "workers": 1,
            "threads": THREADS,
            "worker_class": ProblemWorker,
            "worker_connections": 200,
            "keepalive": KEEPALIVE_SECONDS,
            "graceful_timeout": STOP_SECONDS,
            "limit_request_line": MAX_REQUEST_LINE,
            "logger_class": PropagatingLogger,
            "control_socket_disable": True,
            # No header of a request may rewrite its path or its scheme, whoever it says it is.
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "proc_name": "oncoqueue-web",
        }
        if self.certificate is not None:
            options |= dict(zip(("certfile", "keyfile"), self.certificate, strict=True))
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application: in the worker process, after the fork."""
        from shared.logs import configure_logging
        from shared.settings import load_settings
        from web.app import create_app

        settings = load_settings().model_copy(update={"host": self.host, "port": self.port})
        configure_logging(settings.log_level)
        return create_app(settings)


def become_server(host: str, port: int, certificate: tuple[str, str] | None = None) -> NoReturn:
    """Turn this process into the server. It ends on SIGTERM and SIGINT."""
    environment = {**MEMORY_POLICY, **os.environ}
    command = [sys.executable, "-P", "-m", "web.server", host, str(port), *(certificate or ())]
    os.execve(sys.executable, command, environment)  # noqa: S606 - a fixed command, no shell


if __name__ == "__main__":
    Server(sys.argv[1], int(sys.argv[2]), (sys.argv[3], sys.argv[4]) if len(sys.argv) > 3 else None).run()
