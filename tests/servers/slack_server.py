"""A real HTTP server on loopback that answers as Slack's incoming webhooks do, and can be told to fail."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CUT, HANG = "cut", "hang"


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class SlackServer:
    """What it received, by path; `answers` are given in turn, then `200 ok`. CUT and HANG received the message."""

    port: int
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[Answer | str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/services/T1/B1/secret") -> str:
        """The address of a webhook."""
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_for(self, count: int, seconds: float = 30) -> list[dict[str, Any]]:
        """The messages, once there are so many; fails after `seconds`."""
        with self.changed:
            came = self.changed.wait_for(lambda: len(self.messages) >= count, seconds)
            assert came, f"{len(self.messages)} messages came"
            return [message for _, message in self.messages]

    def take(self, path: str, body: bytes) -> Answer | str:
        """Keep a message; gives its answer."""
        with self.changed:
            self.messages.append((path, json.loads(body)))
            self.changed.notify_all()
            return self.answers.pop(0) if self.answers else Answer()


@contextmanager
def slack_server() -> Iterator[SlackServer]:
    """A server for the length of a `with` block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = ours.take(self.path, body)
            if answer == HANG:
                ours.released.wait(60)
            if isinstance(answer, str):
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body.encode())

        def log_message(self, *_: object) -> None:
            """Tests read what arrived, not a log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        ours = SlackServer(http.server_address[1])
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield ours
        finally:
            ours.released.set()
            http.shutdown()
            thread.join()
