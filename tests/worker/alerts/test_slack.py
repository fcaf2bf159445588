"""Messages to a real HTTP server that answers as Slack does, and what its failures mean."""

from __future__ import annotations

import json
import logging
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import SecretStr
from slack_server import CUT, HANG, Answer

from worker.alerts.errors import DeliveryError
from worker.alerts.slack import SlackChannel


def nothing() -> None:
    """Hand over without asking anyone."""


@pytest.fixture
def slack_settings(settings, slack):
    hooks = {"default": slack.url("/services/T1/B1/secret"), "ward": slack.url("/services/T1/B2/secret")}
    return settings.model_copy(update={"slack_webhook": SecretStr(json.dumps(hooks)), "alert_timeout_seconds": 0.5})


def fails(settings, message) -> DeliveryError:
    with SlackChannel(settings) as channel, pytest.raises(DeliveryError) as caught:
        channel.send(message, nothing)
    return caught.value


def test_a_message_goes_to_the_webhook_of_its_recipient(slack_settings, slack, make_message):
    calls = []
    with SlackChannel(slack_settings) as channel:
        assert channel.send(make_message(recipient="ward"), lambda: calls.append(len(slack.messages))) == "200 ok"
    [(path, message)] = slack.messages
    assert path == "/services/T1/B2/secret"
    assert message["text"].startswith("Urgent finding in scan 17")
    assert calls == [0]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", (30, 30)),
        ("in 90 seconds", (60, 91)),
        ("0", (1, 1)),
        ("999999", (86400, 86400)),
        ("soon", None),
    ],
)
def test_slack_says_how_long_to_wait_for_this_recipient(slack_settings, slack, make_message, value, seconds):
    if value == "in 90 seconds":
        value = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    slack.answers += [Answer(429, "rate_limited", {"Retry-After": value})]
    error = fails(slack_settings, make_message(recipient="default"))
    assert (error.permanent, error.unsure, error.whole_recipient) == (False, False, True)
    if seconds is None:
        assert error.retry_after is None
    else:
        assert seconds[0] <= error.retry_after <= seconds[1]


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, "invalid_payload"), (403, "action_prohibited"), (404, "no_service"), (410, "channel_is_archived")],
)
def test_what_slack_refuses_for_good_is_permanent_and_shown_in_its_word(
    slack_settings, slack, make_message, status, word
):
    slack.answers += [Answer(status, word)]
    error = fails(slack_settings, make_message(recipient="default"))
    assert error.permanent
    assert f"{status} {word}" in error.reason


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_passes(slack_settings, slack, make_message, status):
    slack.answers += [Answer(status, "<html>oh</html>")]
    error = fails(slack_settings, make_message(recipient="default"))
    assert (error.permanent, error.unsure) == (False, False)
    assert "html" not in error.reason


@pytest.mark.parametrize("how", [CUT, HANG])
def test_an_answer_lost_after_the_request_leaves_us_unsure(slack_settings, slack, make_message, how):
    slack.answers += [how]
    error = fails(slack_settings, make_message(recipient="default"))
    assert error.unsure
    assert len(slack.messages) == 1


def test_a_page_that_is_not_slacks_is_no_success(slack_settings, slack, make_message):
    slack.answers += [Answer(200, "<html>Please log in</html>")]
    assert fails(slack_settings, make_message(recipient="default")).unsure


def test_a_redirect_is_no_success(slack_settings, slack, make_message):
    slack.answers += [Answer(302, "", {"Location": slack.url("/elsewhere")})]
    assert not fails(slack_settings, make_message(recipient="default")).permanent


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_server_that_cannot_be_reached_got_nothing(settings, make_message, monkeypatch, host):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"{'http' if host == '127.0.0.1' else 'https'}://{host}:{unused.getsockname()[1]}/services/secret"
        error = fails(settings.model_copy(update={"slack_webhook": SecretStr(url)}), make_message(recipient="default"))
    assert (error.permanent, error.unsure, error.whole_recipient) == (False, False, True)
    assert "secret" not in error.reason


def test_a_webhook_that_is_not_set_any_more_waits_until_it_is(slack_settings, make_message):
    error = fails(slack_settings, make_message(recipient="gone"))
    assert (error.permanent, error.unsure, error.whole_recipient) == (False, False, True)


def test_an_answer_that_drips_is_left_in_time(slack_settings, make_message, dripping):
    hook = SecretStr(f"http://127.0.0.1:{dripping(b'HTTP/1.1 200 OK')}/services/secret")
    settings = slack_settings.model_copy(update={"slack_webhook": hook})
    started = time.monotonic()
    error = fails(settings, make_message(recipient="default"))
    assert time.monotonic() - started < 5
    assert error.unsure
    assert "longer than 2 seconds" in error.reason


def test_a_body_that_drips_is_left_in_time(slack_settings, make_message, dripping):
    port = dripping(b"", at_once=b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    settings = slack_settings.model_copy(update={"slack_webhook": SecretStr(f"http://127.0.0.1:{port}/secret")})
    started = time.monotonic()
    assert fails(settings, make_message(recipient="default")).unsure
    assert time.monotonic() - started < 5


def test_a_worker_that_stops_leaves_an_answer_that_drips(slack_settings, make_message, dripping, monkeypatch):
    monkeypatch.setattr("worker.alerts.deadline.STOP_SECONDS", 0.5)
    hook = SecretStr(f"http://127.0.0.1:{dripping(b'HTTP/1.1 200 OK')}/services/secret")
    settings = slack_settings.model_copy(update={"slack_webhook": hook, "alert_timeout_seconds": 20})
    started = time.monotonic()
    with SlackChannel(settings, lambda: True) as channel, pytest.raises(DeliveryError, match="worker was stopped"):
        channel.send(make_message(recipient="default"), nothing)
    assert time.monotonic() - started < 5


def test_no_log_shows_the_webhook(slack_settings, slack, make_message, caplog):
    caplog.set_level(logging.DEBUG)
    slack.answers += [Answer(500, "oh"), CUT]
    fails(slack_settings, make_message(recipient="default"))
    fails(slack_settings, make_message(recipient="default"))
    with SlackChannel(slack_settings) as channel:
        channel.send(make_message(recipient="default"), nothing)
    assert "secret" not in caplog.text
