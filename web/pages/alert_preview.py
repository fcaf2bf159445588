"""What the folder channel wrote of a delivery: the mail and the Slack message that would be sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from shared.alerting.targets import FOLDER
from shared.errors import NotFoundError
from shared.schemas import DeliveryView
from shared.settings import Settings
from web.mail_preview import mail_subject
from web.slack_preview import SlackPart, slack_parts

MAX_BYTES = 16 * 2**20
"""Our messages are far smaller; what somebody puts in their place is not read."""


@dataclass(frozen=True)
class Preview:
    """A delivery with the mail's subject and the Slack message, as blocks and as JSON."""

    delivery_id: int
    subject: str
    slack: list[SlackPart]
    slack_json: str


def read_preview(settings: Settings, delivery: DeliveryView) -> Preview | None:
    """None where the delivery went elsewhere, is still to be written, or lies on another host."""
    if delivery.channel != FOLDER:
        return None
    try:
        mail, slack = (read_written(settings, delivery, kind) for kind in ("eml", "json"))
        return Preview(delivery.id, mail_subject(mail), slack_parts(slack), slack.decode())
    except (NotFoundError, ValidationError, UnicodeDecodeError):
        return None


def read_written(settings: Settings, delivery: DeliveryView, kind: str) -> bytes:
    """The file "eml" or "json" of a delivery to the folder. Raises NotFoundError."""
    path = _path(settings, delivery, kind)
    try:
        if delivery.channel == FOLDER and path.stat().st_size <= MAX_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise NotFoundError("file of delivery", delivery.id) from error
    raise NotFoundError("file of delivery", delivery.id)


def _path(settings: Settings, delivery: DeliveryView, kind: str) -> Path:
    """Made of a number and one of two words: nobody chooses what is read."""
    return settings.data_dir / "alerts" / f"{delivery.id:d}.{'eml' if kind == 'eml' else 'json'}"
