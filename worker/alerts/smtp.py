"""One connection to the mail server, driven step by step, so that each failure is told apart."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from typing import Any

from shared.hosts import own_host
from shared.settings import Settings
from worker.alerts.channel import HandOver
from worker.alerts.deadline import Deadline
from worker.alerts.errors import DeliveryError
from worker.alerts.redaction import redacted
from worker.alerts.smtp_errors import answer_lost, broke_off, cannot_connect, not_ascii, refused

OK = 250
GO_AHEAD = 354
UTF8_OPTIONS = ("SMTPUTF8",)


class Watched(smtplib.SMTP):
    """An SMTP connection that is under a deadline from its first byte. The other arguments are smtplib's."""

    def __init__(self, deadline: Deadline, *arguments: Any, **more: Any) -> None:
        self._deadline = deadline
        super().__init__(*arguments, **more)

    # smtplib's own SMTP_SSL overrides it too: there is no other way to the socket before TLS and the greeting.
    def _get_socket(self, *arguments: Any) -> socket.socket:
        connection: socket.socket = super()._get_socket(*arguments)  # type: ignore[misc]
        self._deadline.watch(connection)
        return connection


class WatchedTls(smtplib.SMTP_SSL, Watched):
    """The same, by TLS from the start: SMTP_SSL wraps what `Watched` has opened."""

    def __init__(self, deadline: Deadline, *arguments: Any, **more: Any) -> None:
        self._deadline = deadline
        super().__init__(*arguments, **more)


class SmtpConnection:
    """A connection that is secured as the settings say and logged in. It never falls back to clear text.

    Every wait for the server is bounded by `alert_timeout_seconds`, and all of them by the message's deadline.
    """

    def __init__(self, settings: Settings, deadline: Deadline) -> None:
        """Connects. Raises DeliveryError for the whole channel."""
        context = tls_context(settings)
        self._deadline = deadline
        self._smtp: smtplib.SMTP | None = None
        try:
            self._smtp = dial(settings, deadline, context)
            if settings.smtp_security == "starttls":
                self._smtp.starttls(context=context)
            log_in(self._smtp, settings)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            raise cannot_connect(deadline.cause(error), settings) from error

    def send(self, sender: str, recipient: str, data: bytes, hand_over: HandOver) -> str:
        """Hand one message over (CRLF line ends) and give the server's answer.

        Raises DeliveryError: unsure only if the answer to the end of the data was lost.
        """
        smtp = self._open()
        try:
            self._offer(smtp, sender, recipient)
            hand_over()
            self._begin(smtp, data)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise broke_off(self._deadline.cause(error)) from error
        except BaseException:
            self._forget()
            raise
        return self._end(smtp)

    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            raise DeliveryError("The connection to the mail server is closed.")
        return self._smtp

    def _offer(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> None:
        options = () if (sender + recipient).isascii() else UTF8_OPTIONS
        if options and not smtp.has_extn("smtputf8"):
            raise not_ascii(sender)
        code, answer = smtp.mail(sender, options)
        if code != OK:
            raise refused("sender", code, answer)
        code, answer = smtp.rcpt(recipient)
        if code not in (OK, 251):
            raise refused("recipient", code, answer)

    def _begin(self, smtp: smtplib.SMTP, data: bytes) -> None:
        """All of the message but its end: a server must not take it before that."""
        code, answer = smtp.docmd("DATA")
        if code != GO_AHEAD:
            raise refused("message", code, answer)
        smtp.send(re.sub(rb"(?m)^\.", b"..", data))

    def _end(self, smtp: smtplib.SMTP) -> str:
        try:
            smtp.send(".\r\n")
            code, answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise answer_lost(self._deadline.cause(error)) from error
        if code != OK:
            self._forget()
            raise refused("message", code, answer)
        return redacted(f"{code} {answer.decode('ascii', 'replace')}")

    def _forget(self) -> None:
        """Leave the message that was begun, and keep the connection if the server still speaks."""
        if not self._still_speaks():
            self.close()

    def is_alive(self, deadline: Deadline) -> bool:
        """Whether the server still answers, within a new message's deadline; many close after a while."""
        self._deadline = deadline
        if self._smtp is None or self._smtp.sock is None:
            return False
        deadline.watch(self._smtp.sock)
        return self._still_speaks()

    def _still_speaks(self) -> bool:
        with suppress(OSError, smtplib.SMTPException):
            return self._smtp is not None and self._smtp.rset()[0] == OK
        return False

    def close(self) -> None:
        """Say goodbye where somebody listens, and close."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with suppress(OSError, smtplib.SMTPException):
            if smtp.sock is not None:
                smtp.putcmd("QUIT")
        smtp.close()


def tls_context(settings: Settings) -> ssl.SSLContext:
    """What the server's certificate is checked against.

    Raises DeliveryError where `smtp_ca_file` holds no certificates that can be read.
    """
    try:
        return ssl.create_default_context(cafile=settings.smtp_ca_file)
    except OSError as error:
        reason = "ONCOQUEUE_SMTP_CA_FILE names no file with certificates that can be read."
        raise DeliveryError(reason, whole_channel=True) from error


def dial(settings: Settings, deadline: Deadline, context: ssl.SSLContext) -> smtplib.SMTP:
    """A connection to the server that the settings name, by TLS from the start where they say so."""
    # Without a full name smtplib greets with this host's address: servers take that rather than half a name.
    own_name = own_host() if "." in own_host() else None
    place = (settings.smtp_host or "", settings.smtp_port, own_name)
    if settings.smtp_security == "tls":
        return WatchedTls(deadline, *place, timeout=settings.alert_timeout_seconds, context=context)
    return Watched(deadline, *place, timeout=settings.alert_timeout_seconds)


def log_in(smtp: smtplib.SMTP, settings: Settings) -> None:
    """Log in where the settings name a user."""
    smtp.ehlo_or_helo_if_needed()
    if settings.smtp_user:
        smtp.login(settings.smtp_user, settings.smtp_password.get_secret_value() if settings.smtp_password else "")
