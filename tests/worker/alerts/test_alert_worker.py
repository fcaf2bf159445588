"""The real alert worker as a process: killed at every point, stopped, and with servers that hang."""

from __future__ import annotations

import json
import signal
import sys
import time
from email.headerregistry import Address
from pathlib import Path

import psutil
import pytest
from mail_server import HANG
from pydantic import SecretStr

from shared.processes import Part
from shared.queues import send_alert_hints
from shared.stack import own_command
from shared.states import DeliveryState
from worker.alerts.composing import MAY_HAVE_COME
from worker.alerts.deadline import STOP_SECONDS
from worker.alerts.mail import message_id
from worker.alerts.slack_message import block_id

DYING_WORKER = Path(__file__).with_name("dying_alert_worker.py")
ALERT_WORKER = Part("alert-worker", own_command("alert-worker"), frozenset({"consumer"}))
BEAT = Part("beat", own_command("beat"), frozenset({"beat"}))
POINTS = ("claim", "build", "hand_over", "bytes", "answer")
TARGETS = {"email": "email:reader@hospital.example", "slack": "slack:default", "folder": "folder"}
SENDER = Address(username="alerts", domain="hospital.example")


@pytest.fixture
def ours(installation, outbox_of, plain_mail, slack):
    """An installation with Redis, a mail server and Slack, of which no worker runs yet."""
    changes = {"smtp_host": "127.0.0.1", "smtp_port": plain_mail.port, "smtp_security": "none"}
    changes |= {"smtp_from": "alerts@hospital.example", "slack_webhook": SecretStr(slack.url())}
    changes |= {"alert_to": "email:reader@hospital.example,slack"}
    changes |= {"alert_timeout_seconds": 0.5}  # so the lease is 3 s
    installation.settings = installation.settings.model_copy(update=changes)
    installation.start_redis()
    return outbox_of(installation)


def settled(outbox) -> bool:
    return {delivery.state for delivery in outbox.deliveries()} == {DeliveryState.SENT}


def arrived(channel, delivery, plain_mail, slack, folder) -> list[str]:
    """The texts of the messages of a delivery that came in."""
    if channel == "email":
        mine = [mail for mail in plain_mail.mails if mail["Message-ID"] == message_id(delivery.key, SENDER)]
        return [mail.get_body(("plain",)).get_content() for mail in mine]
    if channel == "slack":
        return [
            json.dumps(body) for _, body in slack.messages if body["blocks"][0]["block_id"] == block_id(delivery.key)
        ]
    return [(folder / f"{delivery.id}.json").read_text()]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("channel", ["email", "slack", "folder"])
def test_killed_at_any_point_a_delivery_arrives_and_twice_only_where_that_is_said(ours, plain_mail, slack, channel):
    deliveries = {}
    for point in POINTS:
        worker = ours.ours.launch(
            Part(point, (sys.executable, "-P", str(DYING_WORKER), point), frozenset({"consumer"}))
        )[0]
        [deliveries[point]] = ours.raise_alerts(TARGETS[channel])
        send_alert_hints(ours.ours.celery, [channel])
        assert worker.process.wait(30) == -signal.SIGKILL
    ours.ours.launch(ALERT_WORKER, BEAT)
    ours.ours.wait_for(lambda: settled(ours), 60)

    folder = ours.ours.settings.data_dir / "alerts"
    came = {point: arrived(channel, delivery, plain_mail, slack, folder) for point, delivery in deliveries.items()}
    once = channel == "folder"  # the same file, written again
    assert {point: len(texts) for point, texts in came.items()} == {
        "claim": 1,
        "build": 1,
        "hand_over": 1,
        "bytes": 1 if once else 2,
        "answer": 1 if once else 2,
    }
    marked = {point: [MAY_HAVE_COME in text for text in texts] for point, texts in came.items()}
    assert (marked["claim"], marked["build"], marked["hand_over"]) == ([False], [False], [True])
    assert marked["bytes"] == marked["answer"] == ([True] if once else [False, True])


def test_a_mail_server_that_hangs_holds_up_neither_slack_nor_the_sweep(ours, plain_mail, slack):
    ours.ours.settings = ours.ours.settings.model_copy(update={"alert_timeout_seconds": 20.0})
    plain_mail.recipients["reader@hospital.example"] = [HANG]
    ours.ours.launch(ALERT_WORKER, BEAT)
    ours.raise_alerts("email:reader@hospital.example")
    send_alert_hints(ours.ours.celery, ["email"])
    ours.ours.wait_for(lambda: ours.deliveries()[0].state is DeliveryState.SENDING, 20)

    started = time.monotonic()
    ours.raise_alerts("slack:default")  # nobody is told: the sweep has to find it
    slack.wait_for(1, 10)
    assert time.monotonic() - started < 5
    assert ours.deliveries()[0].state is DeliveryState.SENDING


def test_a_worker_that_is_stopped_lets_a_message_in_progress_end(ours, plain_mail):
    ours.ours.settings = ours.ours.settings.model_copy(update={"alert_timeout_seconds": 3})
    [worker] = ours.ours.launch(ALERT_WORKER)
    plain_mail.slow_seconds = 1.5
    ours.raise_alerts("email:reader@hospital.example", "email:second@hospital.example")
    send_alert_hints(ours.ours.celery, ["email"])
    plain_mail.wait_for(1)
    worker.terminate()
    assert worker.process.wait(10) == 0
    assert [delivery.state for delivery in ours.deliveries()] == [DeliveryState.SENT, DeliveryState.PENDING]
    assert ours.deliveries()[1].attempt == 0
    assert not psutil.pid_exists(worker.process.pid)


def test_a_worker_that_is_stopped_leaves_a_server_that_drips(ours, dripping):
    changes = {"smtp_port": dripping(b"220 "), "alert_timeout_seconds": 20}
    ours.ours.settings = ours.ours.settings.model_copy(update=changes)
    [worker] = ours.ours.launch(ALERT_WORKER)
    ours.raise_alerts("email:reader@hospital.example")
    send_alert_hints(ours.ours.celery, ["email"])
    ours.ours.wait_for(lambda: ours.deliveries()[0].state is DeliveryState.SENDING, 20)
    worker.terminate()
    assert worker.process.wait(STOP_SECONDS + 5) == 0
    [delivery] = ours.deliveries()
    assert delivery.state is DeliveryState.PENDING
    assert "the alert worker was stopped" in delivery.reason


def test_an_idle_worker_stops_at_once(ours):
    [worker] = ours.ours.launch(ALERT_WORKER)
    started = time.monotonic()
    worker.terminate()
    assert worker.process.wait(10) == 0
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("settings", [{"alert_to": "email:reader@hospital.example"}], indirect=True)
def test_a_target_that_cannot_be_reached_is_said_at_the_start(installation):
    with pytest.raises(AssertionError, match="ONCOQUEUE_SMTP_HOST"):
        installation.launch(ALERT_WORKER)
