"""Alerts to Slack, through incoming webhooks."""

from __future__ import annotations

import logging
import re
import urllib.error
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from types import TracebackType
from typing import Self

from slack_sdk.webhook import WebhookClient, WebhookResponse

from shared.alerting.rules import slack_webhooks
from shared.settings import Settings
from worker.alerts.channel import HandOver
from worker.alerts.content import AlertMessage
from worker.alerts.errors import DeliveryError
from worker.alerts.slack_message import build_slack

FINAL = frozenset({400, 401, 403, 404, 405, 410, 413})
TOO_MANY = 429
LONGEST_RETRY_AFTER_SECONDS = 24 * 3600

# The client would log the webhook's address, which is a secret, at debug level.
_silent = logging.getLogger("worker.alerts.slack.client")
_silent.setLevel(logging.CRITICAL + 1)


class SlackChannel:
    """Posts to the webhook whose name is the recipient."""

    def __init__(self, settings: Settings) -> None:
        self._webhooks = slack_webhooks(settings)
        self._timeout = settings.alert_timeout_seconds

    def send(self, message: AlertMessage, hand_over: HandOver) -> str:
        """Post the message and give Slack's answer. Raises DeliveryError, ClaimLostError."""
        url = self._webhooks.get(message.recipient)
        if url is None:
            raise DeliveryError(f"ONCOQUEUE_SLACK_WEBHOOK has no webhook named {message.recipient!r}.", permanent=True)
        body = build_slack(message)
        hand_over()
        answer = post(url, body, self._timeout)
        if answer.status_code != 200 or answer.body.strip() != "ok":
            raise refused(answer)
        return "200 ok"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Each message has a connection of its own."""


def post(url: str, body: dict[str, object], timeout: float) -> WebhookResponse:
    """One request, never repeated here.

    Raises DeliveryError: unsure only if the whole request was sent.
    """
    client = WebhookClient(url, timeout=timeout, retry_handlers=[], logger=_silent)  # type: ignore[arg-type]
    # The client's own reading of HTTPS_PROXY ignores NO_PROXY; urllib's does not.
    client.proxy = None
    try:
        return client.send_dict(body)
    except urllib.error.URLError as error:
        # urllib wraps what goes wrong up to the last byte of the request, and only that.
        reason = f"Slack cannot be reached: {short(error.reason)}."
        raise DeliveryError(reason, whole_recipient=True) from error
    except (OSError, HTTPException, ValueError, LookupError) as error:
        reason = f"Slack's answer was lost after the message was sent: {short(error)}."
        raise DeliveryError(reason, unsure=True, whole_recipient=True) from error


def refused(answer: WebhookResponse) -> DeliveryError:
    """What an answer other than `200 ok` means."""
    code, word = answer.status_code, slack_word(answer.body)
    if code == 200:
        reason = "What answered is not a Slack webhook: check ONCOQUEUE_SLACK_WEBHOOK."
        return DeliveryError(reason, unsure=True, whole_recipient=True)
    told = f"Slack answered {code}{word}."
    if code in FINAL:
        return DeliveryError(f"{told} Check the webhook in ONCOQUEUE_SLACK_WEBHOOK.", permanent=True)
    wait = retry_after(answer.headers.get("Retry-After"))
    return DeliveryError(told, retry_after=wait, whole_recipient=True)


def retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date; None where it says nothing of use."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else seconds_until(parsedate_to_datetime(value))
    except ValueError:
        return None
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER_SECONDS)


def seconds_until(at: datetime) -> float:
    """From now, by this host's clock."""
    return (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def slack_word(body: str) -> str:
    """Slack's own word for it, such as no_service; nothing of a page that something else answered."""
    word = body.strip()
    return f" {word}" if re.fullmatch(r"[a-z_]{2,60}", word) else ""


def short(error: object) -> str:
    """`timed out` and such; never an address."""
    return getattr(error, "strerror", None) or type(error).__name__
