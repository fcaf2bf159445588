"""A real SMTP server on loopback, which can be told to fail."""

from __future__ import annotations

import asyncio
import email
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

HANG_SECONDS = 3600
CUT, HANG = "cut", "hang"


@dataclass(frozen=True)
class Login:
    """The one user that the server knows."""

    user: str
    password: str


@dataclass
class MailServer:
    """What it received, and how it answers.

    `answers` are given in turn to the end of DATA ("250 ...", "552 ...", CUT before an answer, HANG), `recipients` to
    RCPT of an address, `senders` to MAIL; each message takes `slow_seconds` to answer. What is cut or hangs at the end
    of DATA was received all the same.
    """

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    recipients: dict[str, list[str]] = field(default_factory=dict)
    senders: list[str] = field(default_factory=list)
    connections: int = 0
    greetings: list[str] = field(default_factory=list)
    slow_seconds: float = 0
    tls: list[bool] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 30) -> list[EmailMessage]:
        """The mails, once there are so many; fails after `seconds`."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.mails) >= count, seconds), f"{len(self.mails)} mails came"
            return list(self.mails)


class Handler:
    """aiosmtpd's hooks."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        session.host_name = hostname
        if session.ssl is None:
            self._server.connections += 1
            self._server.greetings.append(hostname)
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self._server.senders.pop(0) if self._server.senders else "250 OK"
        envelope.mail_from = address if answer.startswith("250") else None
        return answer

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        scripted = self._server.recipients.get(address)
        answer = scripted.pop(0) if scripted else "250 OK"
        if answer == HANG:
            await asyncio.sleep(HANG_SECONDS)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self._server.answers.pop(0) if self._server.answers else "250 2.0.0 queued as 17"
        if answer in (CUT, HANG) or answer.startswith("250"):
            mail = email.message_from_bytes(envelope.content, policy=SMTP)
            with self._server.changed:
                self._server.mails.append(mail)
                self._server.tls.append(session.ssl is not None)
                self._server.changed.notify_all()
        await asyncio.sleep(self._server.slow_seconds)
        if answer == CUT:
            server.transport.abort()
        if answer == HANG:
            await asyncio.sleep(HANG_SECONDS)
        return answer


class OwnPort(Controller):
    """A controller that listens on a port from the system."""

    def __init__(self, listener: socket.socket, *args: Any, **kwargs: Any) -> None:
        self._listener = listener
        super().__init__(*args, hostname="127.0.0.1", port=listener.getsockname()[1], **kwargs)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listener, ssl=self.ssl_context)


@contextmanager
def mail_server(
    login: Login | None = None,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    smtputf8: bool = True,
) -> Iterator[MailServer]:
    """A server for the length of a `with` block: in clear text, with STARTTLS required, or by TLS from the start."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = MailServer(listener.getsockname()[1])
        controller = OwnPort(
            listener,
            Handler(server),
            tls_context=starttls,
            require_starttls=starttls is not None,
            ssl_context=tls,
            auth_required=login is not None,
            auth_require_tls=starttls is not None,
            authenticator=authenticator(login) if login else None,
            enable_SMTPUTF8=smtputf8,
        )
        controller.start()
        server.connections = 0
        server.greetings.clear()
        try:
            yield server
        finally:
            controller.stop()


def authenticator(login: Login) -> Any:
    """Whether the client is that user."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            login.user.encode(),
            login.password.encode(),
        )
        return AuthResult(success=right, handled=False)

    return check
