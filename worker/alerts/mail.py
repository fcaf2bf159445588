"""A message as e-mail: HTML and plain text of the same words, with the picture inline."""

from __future__ import annotations

import hashlib
import socket
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache

from shared.settings import Settings
from worker.alerts.content import AlertMessage
from worker.alerts.rendering import render

# Any server takes lines of ASCII; 8BITMIME would have to be asked for.
SEVEN_BIT = SMTP.clone(cte_type="7bit")
URGENT = {"Importance": "high", "X-Priority": "1"}


def build_mail(message: AlertMessage, settings: Settings) -> EmailMessage:
    """The mail, the same each time but for its date. Raises ValueError where an address is not one."""
    sender = sender_address(settings)
    mail = EmailMessage(policy=SEVEN_BIT)
    mail["From"] = sender
    mail["To"] = message.recipient if "@" in message.recipient else "undisclosed-recipients:;"
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = message_id(message.key, sender)
    # No person wrote it, and no out-of-office note should answer it (RFC 3834, and Exchange's own way).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    for name, value in (URGENT if message.scan else {}).items():
        mail[name] = value
    fill(mail, message)
    return mail


def fill(mail: EmailMessage, message: AlertMessage) -> None:
    """The text, the HTML, and the picture that the HTML shows."""
    mail.set_content(render("message.txt", message), cte="quoted-printable")
    cid = f"overlay.{mail['Message-ID'].strip('<>')}"
    mail.add_alternative(render("message.html", message, cid=cid), subtype="html", cte="quoted-printable")
    if message.picture is not None:
        page = mail.get_payload()[1]  # type: ignore[index]
        page.add_related(message.picture, "image", "png", cid=f"<{cid}>", disposition="inline", filename="overlay.png")  # type: ignore[union-attr]


def message_id(key: str, sender: Address) -> str:
    """The same for each try of a delivery, whichever host makes it."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.domain}>"


def sender_address(settings: Settings) -> Address:
    """`smtp_from`, or the user where that is an address, or one of this host."""
    user = settings.smtp_user if "@" in (settings.smtp_user or "") else None
    name, address = parseaddr(settings.smtp_from or user or own_address())
    return Address(name or "OncoQueue", addr_spec=address)


@cache
def own_address() -> str:
    """An address of this host. Asked once: the host's full name may have to come from a slow name server."""
    return f"oncoqueue@{socket.getfqdn()}"
