"""A mail as a page: what its reader would see, to be shown in a frame that runs nothing and loads nothing."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

HEADERS: Mapping[str, str] = {
    # The mail brings its own styles and pictures. Its links open beside the page, as they do in a mail program.
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            "style-src 'unsafe-inline'",
            "form-action 'none'",
            "frame-ancestors 'self'",
            "base-uri 'none'",
            "sandbox allow-popups allow-popups-to-escape-sandbox",
        ]
    ),
    # A sandboxed document that isolates itself as well is refused by browsers.
    "Cross-Origin-Opener-Policy": "unsafe-none",
}
SHOWN_TYPES = frozenset({"image/png", "image/jpeg"})
HEAD = "<head>"
LINKS_OPEN_BESIDE = '<base target="_blank">'


def mail_page(data: bytes) -> str:
    """The HTML part of a mail with the pictures that it carries put in."""
    mail = BytesParser(policy=policy.default).parsebytes(data)
    page = mail.get_body(("html",))
    html = str(page.get_content()) if isinstance(page, EmailMessage) else ""
    for name, address in _pictures(mail).items():
        html = html.replace(f"cid:{name}", address)
    return html.replace(HEAD, HEAD + LINKS_OPEN_BESIDE, 1)


def mail_subject(data: bytes) -> str:
    """The subject of a mail."""
    return str(BytesParser(policy=policy.default).parsebytes(data, headersonly=True)["Subject"] or "")


def _pictures(mail: EmailMessage) -> dict[str, str]:
    """The pictures of a mail as addresses that hold them, by their content id."""
    found = {}
    for part in mail.walk():
        name = str(part["Content-ID"] or "").strip("<> ")
        if name and part.get_content_type() in SHOWN_TYPES:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                found[name] = f"data:{part.get_content_type()};base64,{base64.b64encode(content).decode()}"
    return found
