"""One connection to the mail server, driven step by step, so that each failure is told apart."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress

from shared.settings import Settings
from worker.alerts.channel import HandOver
from worker.alerts.errors import DeliveryError
from worker.alerts.smtp_errors import answer_lost, broke_off, cannot_connect, refused

OK = 250
GO_AHEAD = 354
UTF8_OPTIONS = ("SMTPUTF8",)


class SmtpConnection:
    """A connection that is secured as the settings say and logged in. It never falls back to clear text.

    Every wait for the server is bounded by `alert_timeout_seconds`.
    """

    def __init__(self, settings: Settings) -> None:
        """Connects. Raises DeliveryError for the whole channel."""
        context = tls_context(settings)
        self._smtp: smtplib.SMTP | None = None
        try:
            self._smtp = dial(settings, context)
            if settings.smtp_security == "starttls":
                self._smtp.starttls(context=context)
            log_in(self._smtp, settings)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            raise cannot_connect(error, settings) from error

    def send(self, sender: str, recipient: str, data: bytes, hand_over: HandOver) -> str:
        """Hand one message over (CRLF line ends, 7 bit) and give the server's answer.

        Raises DeliveryError: unsure only if the answer to the end of the data was lost.
        """
        smtp = self._open()
        try:
            self._offer(smtp, sender, recipient)
            hand_over()
            self._begin(smtp, data)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise broke_off(error) from error
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
            raise DeliveryError("The mail server takes only addresses of ASCII characters.", permanent=True)
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
            raise answer_lost(error) from error
        if code != OK:
            self._forget()
            raise refused("message", code, answer)
        return f"{code} {answer.decode('ascii', 'replace')}"

    def _forget(self) -> None:
        """Leave the message that was begun, and keep the connection if the server still speaks."""
        if not self.is_alive():
            self.close()

    def is_alive(self) -> bool:
        """Whether the server still answers; many close after some messages or some seconds."""
        if self._smtp is None or self._smtp.sock is None:
            return False
        with suppress(OSError, smtplib.SMTPException):
            return self._smtp.rset()[0] == OK
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


def dial(settings: Settings, context: ssl.SSLContext) -> smtplib.SMTP:
    """A connection to the server that the settings name, by TLS from the start where they say so."""
    host, port, patience = settings.smtp_host or "", settings.smtp_port, settings.alert_timeout_seconds
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=patience, context=context)
    return smtplib.SMTP(host, port, timeout=patience)


def log_in(smtp: smtplib.SMTP, settings: Settings) -> None:
    """Log in where the settings name a user."""
    smtp.ehlo_or_helo_if_needed()
    if settings.smtp_user:
        smtp.login(settings.smtp_user, settings.smtp_password.get_secret_value() if settings.smtp_password else "")
