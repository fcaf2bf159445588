"""A test message, through the code that sends real ones."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from shared.alerting.rules import Policy
from shared.links import public_url
from shared.settings import Settings
from worker.alerts.channel import never
from worker.alerts.content import AlertMessage, FindingWords, ScanWords
from worker.alerts.registry import CHANNELS
from worker.alerts.words import time_words

NOTE = "This is a test of OncoQueue's alerts. No scan was analysed, and nothing has to be done."
EXAMPLE = FindingWords(
    "Example finding", "60 %", "90 %", "50 % (uncertain)", "20.0 x 10.0 mm", "centre of the image as displayed"
)


def recipients(policy: Policy, channel: str) -> tuple[str, ...]:
    """Whom the rules name on this channel, those of escalations too, each once."""
    return tuple(target.recipient for target in policy.all_targets if target.channel == channel)


def send_trial(settings: Settings, channel: str, recipient: str) -> str | None:
    """Send one test message and give what the far side said. Raises DeliveryError."""
    with CHANNELS[channel](settings, never) as opened:
        return opened.send(trial_message(settings, recipient), lambda: None)


def trial_message(settings: Settings, recipient: str) -> AlertMessage:
    """A message that nobody can take for a real one; each has a key of its own."""
    now, number = datetime.now(UTC), secrets.token_hex(8)
    return AlertMessage(
        name=f"test-{now:%Y%m%d-%H%M%S}-{number[:4]}",
        key=f"test-{number}",
        recipient=recipient,
        subject="Test message from OncoQueue",
        created=time_words(now),
        link=public_url(settings),
        notes=(NOTE,),
        scan=ScanWords(0, public_url(settings), "Example", "50 %", "90 %", "none", (EXAMPLE,)),
    )
