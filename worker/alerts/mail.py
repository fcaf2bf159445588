"""A message as e-mail: HTML and plain text of the same words, with the picture inline."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from shared.hosts import ascii_address, is_address, own_host
from shared.settings import Settings
from worker.alerts.content import AlertMessage
from worker.alerts.rendering import render

# Any server takes lines of ASCII; 8BITMIME would have to be asked for.
SEVEN_BIT = SMTP.clone(cte_type="7bit")
# An address whose local part is not ASCII can stand in a header only as it is (RFC 6532).
INTERNATIONAL = SEVEN_BIT.clone(utf8=True)
URGENT = {"Importance": "high", "X-Priority": "1"}


def build_mail(message: AlertMessage, settings: Settings) -> EmailMessage:
    """The mail, the same each time but for its date. Raises ValueError where an address is none."""
    sender = sender_address(settings)
    recipient = ascii_address(message.recipient) if "@" in message.recipient else None
    all_ascii = (sender.addr_spec + (recipient or "")).isascii()
    mail = EmailMessage(policy=SEVEN_BIT if all_ascii else INTERNATIONAL)
    mail["From"] = sender
    mail["To"] = recipient or "undisclosed-recipients:;"
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
    """`smtp_from`, or the user where that is an address, or one of this host. Raises ValueError."""
    user = settings.smtp_user if is_address(settings.smtp_user or "") else None
    name, address = parseaddr(settings.smtp_from or user or f"oncoqueue@{own_host()}")
    return Address(name or "OncoQueue", addr_spec=ascii_address(address))
