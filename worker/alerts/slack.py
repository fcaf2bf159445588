"""Alerts to Slack, through incoming webhooks."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from shared.alerting.rules import slack_webhooks
from shared.settings import Settings
from worker.alerts.channel import HandOver, Stopping, never
from worker.alerts.content import AlertMessage
from worker.alerts.deadline import Deadline, TooLateError
from worker.alerts.errors import DeliveryError
from worker.alerts.slack_message import build_slack

FINAL = frozenset({400, 401, 403, 404, 405, 410, 413})
TOO_MANY_STRANGE_ANSWERS = 3
LONGEST_RETRY_AFTER_SECONDS = 24 * 3600
ANSWER_BYTES = 4096

# At info level httpx logs the addresses it asks, and a webhook's address is a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the beginning of the body, and the `Retry-After` header."""

    status: int
    body: str
    retry_after: str | None


class SlackChannel:
    """Posts to the webhook whose name is the recipient. Each message has `alert_message_seconds` in all."""

    def __init__(self, settings: Settings, stopping: Stopping = never) -> None:
        self._webhooks = slack_webhooks(settings)
        self._settings = settings
        self._stopping = stopping

    def send(self, message: AlertMessage, hand_over: HandOver) -> str:
        """Post the message and give Slack's answer. Raises DeliveryError, ClaimLostError."""
        url = self._webhooks.get(message.recipient)
        if url is None:
            reason = f"ONCOQUEUE_SLACK_WEBHOOK has no webhook named {message.recipient!r}."
            raise DeliveryError(reason, whole_recipient=True)
        body = build_slack(message)
        hand_over()
        with Deadline(self._settings.alert_message_seconds, self._stopping) as deadline:
            answer = post(url, body, self._settings.alert_timeout_seconds, deadline)
        if answer.status != 200 or answer.body.strip() != "ok":
            raise refused(answer)
        return "200 ok"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Each message has a connection of its own."""


def post(url: str, body: dict[str, object], timeout: float, deadline: Deadline) -> Answer:
    """One request, never repeated here. Redirects are not followed.

    Raises DeliveryError: not unsure only if the request cannot have been sent.
    """

    def watch(event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("connect_tcp.complete"):
            deadline.watch(info["return_value"].get_extra_info("socket"))

    trusted = ssl.create_default_context()  # the system's authorities: a proxy's own may be among them
    # Only the beginning of the body is read, so it must not be compressed.
    plain = {"Accept-Encoding": "identity"}
    try:
        with (
            httpx.Client(timeout=timeout, verify=trusted) as client,
            client.stream("POST", url, json=body, headers=plain, extensions={"trace": watch}) as response,
        ):
            text = next(response.iter_raw(ANSWER_BYTES), b"").decode("utf-8", "replace")
            return Answer(response.status_code, text, response.headers.get("Retry-After"))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, TooLateError) as error:
        reason = f"Slack cannot be reached: {short(deadline.cause(error))}."
        raise DeliveryError(reason, whole_recipient=True) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        reason = f"Slack's answer was lost after the message was sent: {short(deadline.cause(error))}."
        raise DeliveryError(reason, unsure=True, whole_recipient=True) from error


def refused(answer: Answer) -> DeliveryError:
    """What an answer other than `200 ok` means."""
    code, word = answer.status, slack_word(answer.body)
    if code == 200:
        reason = 'It answered 200 but not "ok": is this an incoming webhook? Check ONCOQUEUE_SLACK_WEBHOOK.'
        return DeliveryError(reason, unsure=True, whole_recipient=True, tries=TOO_MANY_STRANGE_ANSWERS)
    told = f"Slack answered {code}{word}."
    if code in FINAL:
        return DeliveryError(f"{told} Check the webhook in ONCOQUEUE_SLACK_WEBHOOK.", permanent=True)
    return DeliveryError(told, retry_after=retry_after(answer.retry_after), whole_recipient=True)


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


def short(error: BaseException) -> str:
    """`Connection refused` and such: what the system said first, else the kind of error; never an address."""
    if isinstance(error, TooLateError):
        return str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
