"""Alerts by e-mail."""

from __future__ import annotations

from email.errors import MessageError
from types import TracebackType
from typing import Self

from shared.hosts import ascii_address
from shared.settings import Settings
from worker.alerts.channel import HandOver, Stopping, never
from worker.alerts.content import AlertMessage
from worker.alerts.deadline import Deadline
from worker.alerts.errors import DeliveryError
from worker.alerts.mail import build_mail, sender_address
from worker.alerts.smtp import SmtpConnection


class EmailChannel:
    """Hands mails to the SMTP server of the settings, all over one connection for as long as that holds.

    Each message has `alert_message_seconds` in all.
    """

    def __init__(self, settings: Settings, stopping: Stopping = never) -> None:
        self._settings = settings
        self._stopping = stopping
        self._connection: SmtpConnection | None = None

    def send(self, message: AlertMessage, hand_over: HandOver) -> str:
        """Hand the mail over and give the server's answer. Raises DeliveryError, ClaimLostError."""
        if not self._settings.smtp_host:
            raise DeliveryError("No mail server is set: set ONCOQUEUE_SMTP_HOST.", whole_channel=True)
        sender, recipient = self._sender(), recipient_address(message)
        data = build_mail(message, self._settings).as_bytes()
        with Deadline(self._settings.alert_message_seconds, self._stopping) as deadline:
            return self._connected(deadline).send(sender, recipient, data, hand_over)

    def _sender(self) -> str:
        try:
            return sender_address(self._settings).addr_spec
        except (ValueError, MessageError) as error:
            raise DeliveryError("ONCOQUEUE_SMTP_FROM is not an e-mail address.", whole_channel=True) from error

    def _connected(self, deadline: Deadline) -> SmtpConnection:
        """The connection there is, if the server still listens at its other end; else a new one."""
        if self._connection is None or not self._connection.is_alive(deadline):
            self.close()
            self._connection = SmtpConnection(self._settings, deadline)
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


def recipient_address(message: AlertMessage) -> str:
    """As the server is told it. Raises DeliveryError."""
    try:
        return ascii_address(message.recipient)
    except ValueError as error:
        raise DeliveryError("The recipient is not an e-mail address.", permanent=True) from error
