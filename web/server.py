"""The server process: gunicorn with one worker process and a few threads, small enough to forget about.

Run as `python -m web.server HOST PORT [CERTIFICATE KEY]`, so that gunicorn's master loads gunicorn and nothing else
(25 MB); the application and the settings are loaded in its worker.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from web.serving.worker import PatientWorker

if TYPE_CHECKING:
    from flask import Flask

THREADS = 16  # at most half of them read large bodies, see web.serving.worker
CONNECTIONS = 500
KEEPALIVE_SECONDS = 15
STOP_SECONDS = 15  # running requests may take so long once we are told to stop
MAX_REQUEST_LINE = 4094
# glibc: no pool of memory for each thread, and large buffers go back to the system at once. Saves 10 MB under load.
MEMORY_POLICY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}


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
            "worker_class": PatientWorker,
            "worker_connections": CONNECTIONS,
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
