"""What a mail server's refusals and a broken connection mean for a delivery, in sentences a person can act on."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from typing import Literal

from shared.settings import Settings
from worker.alerts.deadline import TooLateError
from worker.alerts.errors import DeliveryError
from worker.alerts.redaction import enhanced_status

TOO_BUSY = 421
LOGIN_NEEDED = 530
SENDER_CODES = frozenset({"5.1.7", "5.1.8", "4.1.7", "4.1.8", "5.2.252"})  # RFC 3463, and Exchange's "send as denied"
POLICY = "5.7."  # relaying denied and such: rather our settings than the recipient's address
CHECK_SENDER = "Check ONCOQUEUE_SMTP_FROM and ONCOQUEUE_SMTP_USER."

Refused = Literal["sender", "recipient", "message"]


def cannot_connect(error: Exception, settings: Settings) -> DeliveryError:
    """Nothing was sent, and nothing else would be. A wrong password comes here too: it is mended, and mail goes out."""
    # smtplib calls it a disconnect when it did not want to wait any longer.
    cause = error.__context__ if isinstance(error.__context__, TimeoutError) else error
    code = str(cause.smtp_code) if isinstance(cause, smtplib.SMTPResponseException) else None
    return DeliveryError(_why_not_connected(cause, settings), whole_channel=True, code=code)


def refused(what: Refused, code: int, answer: bytes) -> DeliveryError:
    """An answer that is not the wanted one: 5xx is final for this message, anything else passes.

    A sender that is refused is a mistake in the settings, so the messages wait until it is mended. Many servers say
    so only at the recipient, or at the end of the message.
    """
    if code < 0:
        return DeliveryError("The mail server's answer could not be understood.", unsure=what == "message")
    text = answer.decode("ascii", "replace")
    status = enhanced_status(text)
    short = f"{code} {status}".strip()
    told = f"The mail server refused the {what}: {code} {_readable(text)}."
    if what == "sender" or code in (TOO_BUSY, LOGIN_NEEDED) or _is_about_the_sender(status, text):
        return DeliveryError(f"{told} {CHECK_SENDER}", whole_channel=True, code=short)
    if what == "recipient" and status.startswith(POLICY):
        return DeliveryError(f"{told} {CHECK_SENDER}", code=short)
    return DeliveryError(told, permanent=code >= 500, code=short)


def _is_about_the_sender(status: str, text: str) -> bool:
    return status in SENDER_CODES or re.search(r"\bsender|\bsend\s?as", text, re.IGNORECASE) is not None


def not_ascii(sender: str) -> DeliveryError:
    """One of the two addresses has other characters before its @, and the server does not take such addresses."""
    why = "has other characters than ASCII before its @, and the mail server does not take such addresses (SMTPUTF8)."
    if not sender.isascii():
        return DeliveryError(f"ONCOQUEUE_SMTP_FROM {why}", whole_channel=True)
    return DeliveryError(f"The recipient {why}", permanent=True)


def broke_off(error: Exception) -> DeliveryError:
    """The connection broke before the end of the message."""
    return DeliveryError(f"The connection to the mail server broke ({_short(error)}); nothing was sent.")


def answer_lost(error: Exception) -> DeliveryError:
    """The connection broke after the end of the message."""
    return DeliveryError(
        f"The connection to the mail server broke before it said whether it took the message ({_short(error)}).",
        unsure=True,
    )


def _why_not_connected(error: Exception, settings: Settings) -> str:
    place = f"{settings.smtp_host}:{settings.smtp_port}"
    match error:
        case smtplib.SMTPAuthenticationError():
            return (
                f"The mail server did not accept the user name or the password ({error.smtp_code}): "
                "check ONCOQUEUE_SMTP_USER and ONCOQUEUE_SMTP_PASSWORD."
            )
        case smtplib.SMTPNotSupportedError() if settings.smtp_security == "starttls" and "STARTTLS" in str(error):
            return (
                f"The mail server at {place} offers no STARTTLS, and nothing is sent in clear text: "
                "check ONCOQUEUE_SMTP_PORT and ONCOQUEUE_SMTP_SECURITY."
            )
        case smtplib.SMTPNotSupportedError():
            return "The mail server offers no login: unset ONCOQUEUE_SMTP_USER, or check ONCOQUEUE_SMTP_PORT."
        case ssl.SSLCertVerificationError():
            return (
                f"The certificate of the mail server at {place} is not trusted ({error.verify_message}): "
                "set ONCOQUEUE_SMTP_CA_FILE to the certificate of its authority, or mend ONCOQUEUE_SMTP_HOST."
            )
        case ssl.SSLError():
            return (
                f"No TLS with the mail server at {place}: check ONCOQUEUE_SMTP_SECURITY "
                "(usually starttls with port 587, tls with port 465)."
            )
        case socket.gaierror():
            return f"The name of the mail server, {settings.smtp_host}, cannot be found: check ONCOQUEUE_SMTP_HOST."
        case ConnectionRefusedError():
            return f"No mail server listens at {place}: check ONCOQUEUE_SMTP_HOST and ONCOQUEUE_SMTP_PORT."
        case TooLateError():
            return f"The mail server at {place} was left: {error}."
        case TimeoutError():
            return f"The mail server at {place} did not answer within {settings.alert_timeout_seconds:g} seconds."
        case smtplib.SMTPResponseException():
            return f"The mail server at {place} refused us: {error.smtp_code} {_readable(error.smtp_error)}."
        case smtplib.SMTPServerDisconnected():
            return (
                f"The mail server at {place} hung up ({_short(error)}): check ONCOQUEUE_SMTP_SECURITY "
                "(usually starttls with port 587, tls with port 465)."
            )
        case ValueError():
            return "ONCOQUEUE_SMTP_USER or ONCOQUEUE_SMTP_PASSWORD holds characters that cannot be sent."
    return f"The mail server at {place} cannot be reached: {_short(error)}."


def _readable(answer: bytes | str) -> str:
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split()).rstrip(".")


def _short(error: Exception) -> str:
    """`TimeoutError: timed out` and such, for the record."""
    if isinstance(error, TooLateError):
        return str(error)
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": .")
