"""Alerts by e-mail."""

from __future__ import annotations

from email.errors import MessageError
from types import TracebackType
from typing import Self

from shared.settings import Settings
from worker.alerts.channel import HandOver
from worker.alerts.content import AlertMessage
from worker.alerts.errors import DeliveryError
from worker.alerts.mail import build_mail
from worker.alerts.smtp import SmtpConnection


class EmailChannel:
    """Hands mails to the SMTP server of the settings, all over one connection for as long as that holds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: SmtpConnection | None = None

    def send(self, message: AlertMessage, hand_over: HandOver) -> str:
        """Hand the mail over and give the server's answer. Raises DeliveryError, ClaimLostError."""
        if not self._settings.smtp_host:
            raise DeliveryError("No mail server is set: set ONCOQUEUE_SMTP_HOST.", whole_channel=True)
        try:
            mail = build_mail(message, self._settings)
            sender, recipient = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
        except (ValueError, IndexError, MessageError) as error:
            reason = "The recipient or ONCOQUEUE_SMTP_FROM is not an e-mail address."
            raise DeliveryError(reason, permanent=True) from error
        return self._connected().send(sender, recipient, mail.as_bytes(), hand_over)

    def _connected(self) -> SmtpConnection:
        """The connection there is, if the server still listens at its other end; else a new one."""
        if self._connection is None or not self._connection.is_alive():
            self.close()
            self._connection = SmtpConnection(self._settings)
        return self._connection

    def close(self) -> None:
        """Leave the server."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
