"""The outbox on a real database, emptied through real servers."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from mail_server import CUT
from pydantic import SecretStr
from redis import Redis
from slack_server import Answer
from sqlalchemy import update

from shared.alerting.rules import Policy, Rule
from shared.states import AlertEventKind, DeliveryState
from shared.store.alerts import acknowledge, alert_details
from shared.store.claims import claim, finish
from shared.store.deliveries import claim_delivery, recover_deliveries
from shared.store.escalation import escalate_due
from shared.tables import BatchRow, DeliveryRow, ScanRow
from worker.alerts.composing import MAY_HAVE_COME
from worker.alerts.drain import Drain
from worker.alerts.slack_message import block_id
from worker.housekeeping import sweep
from worker.resources import Resources

TO, OTHER = "email:reader@hospital.example", "email:second@hospital.example"
PATIENT = "Mustermann-1961"
SENT, PENDING, FAILED = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.FAILED


@pytest.fixture
def resources(any_installation, plain_settings, slack):
    changes = {"database_url": any_installation.settings.database_url, "alert_timeout_seconds": 0.5}
    hooks = {"default": slack.url("/default"), "ward": slack.url("/ward")}
    changes["slack_webhook"] = SecretStr(json.dumps(hooks))
    resources = Resources(plain_settings.model_copy(update=changes), any_installation.celery)
    yield resources
    resources.database.dispose()


def states(outbox) -> list[DeliveryState]:
    return [delivery.state for delivery in outbox.deliveries()]


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def test_what_is_due_is_sent_once_and_recorded(resources, outbox, plain_mail):
    [delivery] = outbox.raise_alerts(TO)
    Drain(resources, "email")()
    Drain(resources, "email")()
    [mail] = plain_mail.mails
    assert states(outbox) == [SENT]
    with resources.database.read() as session:
        events = alert_details(session, delivery.alert_id).events
    assert [event.kind for event in events] == [AlertEventKind.QUEUED, AlertEventKind.SENT]
    assert events[-1].detail.startswith("250 2.0.0")
    assert mail["To"] == "reader@hospital.example"


def test_a_mail_tells_the_finding_and_names_neither_file_nor_batch(resources, outbox, plain_mail):
    outbox.raise_alerts(TO)
    with resources.database.write() as session:
        session.execute(update(BatchRow).values(name=PATIENT))
        session.execute(update(ScanRow).values(path=f"{PATIENT}.png"))
    Drain(resources, "email")()
    [mail] = plain_mail.mails
    assert "Glioma" in text_of(mail)
    assert "image/png" in mail.as_string()
    html = mail.get_body(("html",)).get_content()
    assert PATIENT.lower() not in (mail.as_string() + text_of(mail) + html).lower()


def test_pictures_stay_here_where_the_settings_say_so(resources, outbox, plain_mail):
    outbox.raise_alerts(TO)
    resources.settings = resources.settings.model_copy(update={"alert_pictures": False})
    Drain(resources, "email")()
    assert "image/png" not in plain_mail.mails[0].as_string()


def test_a_picture_that_is_gone_is_left_out(resources, outbox, plain_mail, any_installation):
    outbox.raise_alerts(TO)
    for blob in any_installation.settings.blob_dir.rglob("*"):
        if blob.is_file():
            blob.unlink()
    Drain(resources, "email")()
    assert states(outbox) == [SENT]


def test_a_digest_lists_the_most_urgent_first_and_counts_the_rest(resources, outbox, slack):
    urgencies = [0.31 + number / 100 for number in range(30)]
    outbox.raise_alerts("slack:default", urgencies=urgencies)
    Drain(resources, "slack")()
    [message] = slack.wait_for(1)
    said = json.dumps(message)
    assert "30 scans to look at" in said
    assert "30 done" in said
    assert "and 5 more" in said
    assert said.index("urgency 0.60") < said.index("urgency 0.59")


def test_one_recipient_that_is_refused_does_not_hold_up_the_others(resources, outbox, plain_mail):
    plain_mail.recipients["reader@hospital.example"] = ["550 5.1.1 no such user"]
    outbox.raise_alerts(TO, OTHER)
    Drain(resources, "email")()
    first, second = outbox.deliveries()
    assert (first.state, second.state) == (FAILED, SENT)
    assert "550 5.1.1 no such user" in first.reason


def test_a_passing_refusal_is_tried_again_later_and_later(resources, outbox, plain_mail):
    plain_mail.recipients["reader@hospital.example"] = ["450 busy"] * 3
    outbox.raise_alerts(TO)
    waits = []
    for _ in range(3):
        Drain(resources, "email")()
        [delivery] = outbox.deliveries()
        assert delivery.state is PENDING
        waits.append((delivery.due_at - datetime.now(UTC)).total_seconds())
        outbox.make_due()
    assert 1 < waits[0] < 5.1
    assert 4 < waits[1] < 10.1
    assert 9 < waits[2] < 20.1
    Drain(resources, "email")()
    assert states(outbox) == [SENT]
    assert outbox.deliveries()[0].attempt == 4


def test_a_lost_answer_is_tried_again_with_the_same_message_id_and_says_so(resources, outbox, plain_mail):
    plain_mail.answers += [CUT]
    outbox.raise_alerts(TO)
    Drain(resources, "email")()
    assert states(outbox) == [PENDING]
    outbox.make_due()
    Drain(resources, "email")()
    first, second = plain_mail.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert MAY_HAVE_COME not in text_of(first)
    assert MAY_HAVE_COME in text_of(second)


def test_a_refused_message_is_not_said_to_have_come_before(resources, outbox, plain_mail):
    plain_mail.answers += ["451 disk full"]
    outbox.raise_alerts(TO)
    Drain(resources, "email")()
    outbox.make_due()
    Drain(resources, "email")()
    assert MAY_HAVE_COME not in text_of(plain_mail.mails[0])


def test_what_answers_200_but_not_ok_is_asked_three_times_and_no_more(resources, outbox, slack):
    outbox.raise_alerts("slack:default")
    slack.answers += [Answer(500, "oh"), *[Answer(200, '{"success":true}')] * 5]
    for _ in range(6):
        Drain(resources, "slack")()
        outbox.make_due()
    [delivery] = outbox.deliveries()
    assert len(slack.messages) == 4
    assert delivery.state is FAILED
    assert 'answered 200 but not "ok": is this an incoming webhook?' in delivery.reason


def test_a_webhook_that_is_named_again_gets_what_waited(resources, outbox, slack):
    outbox.raise_alerts("slack:night")
    Drain(resources, "slack")()
    assert states(outbox) == [PENDING]
    assert "no webhook named 'night'" in outbox.deliveries()[0].reason
    hooks = {"default": slack.url("/default"), "night": slack.url("/night")}
    resources.settings = resources.settings.model_copy(update={"slack_webhook": SecretStr(json.dumps(hooks))})
    outbox.make_due()
    Drain(resources, "slack")()
    assert states(outbox) == [SENT]


@pytest.mark.parametrize("wrong", ["OncoQueue", "a@-ü-.de"])
def test_a_sender_that_is_mended_gets_all_out_that_waited(resources, outbox, plain_mail, wrong):
    outbox.raise_alerts(TO, OTHER)
    right = resources.settings
    resources.settings = right.model_copy(update={"smtp_from": wrong})
    Drain(resources, "email")()
    assert states(outbox) == [PENDING, PENDING]
    assert "ONCOQUEUE_SMTP_FROM" in outbox.deliveries()[0].reason
    resources.settings = right
    outbox.make_due()
    Drain(resources, "email")()
    assert states(outbox) == [SENT, SENT]


def test_what_a_server_repeats_of_a_message_is_neither_kept_nor_logged(resources, outbox, plain_mail, capsys):
    said = "554 5.7.1 for reader@hospital.example: link http://q.example/alerts/acknowledge/MQ.abc.def is blocked"
    plain_mail.answers += [said]
    outbox.raise_alerts(TO)
    Drain(resources, "email")()
    [delivery] = outbox.deliveries()
    assert delivery.reason == "The mail server refused the message: 554 5.7.1 for [address]: link [link] is blocked."
    log = capsys.readouterr().out
    assert "reason='554 5.7.1'" in log or 'reason="554 5.7.1"' in log
    assert "blocked" not in log
    with resources.database.read() as session:
        assert "MQ.abc" not in str(alert_details(session, delivery.alert_id).events)


def test_slack_holds_up_all_for_its_webhook_and_nothing_else(resources, outbox, slack):
    slack.answers += [Answer(429, "rate_limited", {"Retry-After": "40"})]
    outbox.raise_alerts("slack:default", "slack:ward")
    outbox.raise_alerts("slack:default", urgencies=(0.92,))
    Drain(resources, "slack")()
    first, ward, second = outbox.deliveries()
    assert [first.state, ward.state, second.state] == [PENDING, SENT, PENDING]
    assert all(35 < (d.due_at - datetime.now(UTC)).total_seconds() <= 40 for d in (first, second))
    assert [path for path, _ in slack.messages] == ["/default", "/ward"]


def test_a_mail_server_that_is_away_ends_the_drain_after_one_try(resources, outbox, plain_mail):
    outbox.raise_alerts(TO, OTHER)
    resources.settings = resources.settings.model_copy(update={"smtp_port": 1})
    Drain(resources, "email")()
    first, second = outbox.deliveries()
    assert (first.attempt, second.attempt) == (1, 0)
    assert "ONCOQUEUE_SMTP_PORT" in first.reason


def test_after_a_day_it_is_given_up_with_the_reason(resources, outbox, plain_mail):
    plain_mail.recipients["reader@hospital.example"] = ["450 busy"]
    outbox.raise_alerts(TO)
    with resources.database.write() as session:
        session.execute(update(DeliveryRow).values(queued_at=datetime.now(UTC) - timedelta(hours=24)))
    Drain(resources, "email")()
    [delivery] = outbox.deliveries()
    assert delivery.state is FAILED
    assert "450 busy" in delivery.reason
    assert "24 hours" in delivery.reason


def test_the_time_to_give_up_is_the_database_s(resources, outbox, plain_mail, monkeypatch):
    """As if this host's clock were a day behind the database's."""
    plain_mail.recipients["reader@hospital.example"] = ["450 busy"]
    outbox.raise_alerts(TO)
    monkeypatch.setattr("worker.alerts.drain.utc_now", lambda _session: datetime.now(UTC) + timedelta(hours=25))
    Drain(resources, "email")()
    assert states(outbox) == [FAILED]


@pytest.mark.parametrize("passed_hours", [0, 23.5])
def test_a_wait_beyond_the_time_to_give_up_leaves_a_last_try(resources, outbox, slack, passed_hours):
    slack.answers += [Answer(429, "rate_limited", {"Retry-After": "86400"})] * 2
    outbox.raise_alerts("slack:default")
    end = datetime.now(UTC) + timedelta(hours=24 - passed_hours)
    with resources.database.write() as session:
        session.execute(update(DeliveryRow).values(queued_at=end - timedelta(hours=24)))
    Drain(resources, "slack")()
    [delivery] = outbox.deliveries()
    assert delivery.state is PENDING
    assert abs((delivery.due_at - end).total_seconds()) < 1
    assert "429" in delivery.reason
    assert "after 24 hours" in delivery.reason
    assert "Given up" not in delivery.reason
    with resources.database.write() as session:
        session.execute(update(DeliveryRow).values(queued_at=datetime.now(UTC) - timedelta(hours=24)))
    outbox.make_due()
    Drain(resources, "slack")()
    assert states(outbox) == [FAILED]
    assert "Given up after 24 hours" in outbox.deliveries()[0].reason


def test_a_message_that_slack_refuses_each_time_starves_no_other(resources, outbox, slack, monkeypatch):
    outbox.raise_alerts("slack:default", urgencies=(0.9,) * 4)
    poison = outbox.deliveries()[0]
    take = type(slack).take

    def refuse_one(self, path, body):
        answer = take(self, path, body)
        return Answer(500, "rollup_error") if block_id(poison.key) in body.decode() else answer

    monkeypatch.setattr(type(slack), "take", refuse_one)
    Drain(resources, "slack")()
    assert states(outbox) == [PENDING] * 4
    with resources.database.write() as session:
        session.execute(update(DeliveryRow).values(due_at=datetime.now(UTC)))
    Drain(resources, "slack")()
    assert states(outbox) == [PENDING, SENT, SENT, SENT]


def test_what_could_not_be_sent_is_sent_when_the_same_bytes_come_again(resources, outbox, slack, any_installation):
    policy = Policy((Rule.model_validate({"name": "all", "send": ["slack:default"]}),))
    slack.answers += [Answer(404, "no_service")]
    for state in (FAILED, SENT):
        [scan_id] = any_installation.add([{"number": 1}])
        with any_installation.database.write() as session:
            [claimed] = claim(session, [scan_id], "a worker", 30)
            assert finish(session, claimed, outbox.result(claimed.sha256, 0.95), policy).channels == {"slack"}
        Drain(resources, "slack")()
        assert states(outbox) == [state]


def test_an_acknowledged_alert_asks_for_nothing(resources, outbox, plain_mail):
    [delivery] = outbox.raise_alerts(TO)
    with resources.database.write() as session:
        acknowledge(session, delivery.alert_id, "someone")
    Drain(resources, "email")()
    said = text_of(plain_mail.mails[0])
    assert "was acknowledged at" in said
    assert "/alerts/acknowledge/" not in said
    assert "someone" not in said


def test_a_claim_that_was_lost_meanwhile_sends_nothing(resources, outbox, plain_mail, monkeypatch):
    """The lease runs out while the server thinks about the recipient."""
    outbox.raise_alerts(TO)
    drain = Drain(resources, "email")
    build = drain._build

    def slowly(claim):
        message = build(claim)
        with resources.database.write() as session:
            recover_deliveries(session, datetime.now(UTC) + timedelta(seconds=5))
            session.execute(update(DeliveryRow).values(due_at=datetime.now(UTC) + timedelta(hours=1)))
        return message

    monkeypatch.setattr(drain, "_build", slowly)
    drain()
    assert plain_mail.mails == []
    assert states(outbox) == [PENDING]


def test_an_alert_that_cannot_be_built_does_not_hold_up_the_next(resources, outbox, plain_mail, monkeypatch):
    outbox.raise_alerts(TO, OTHER)
    drain = Drain(resources, "email")
    build = drain._build
    monkeypatch.setattr(drain, "_build", lambda claim: 1 / 0 if claim.recipient.startswith("reader") else build(claim))
    drain()
    assert states(outbox) == [PENDING, SENT]
    assert "ZeroDivisionError" in outbox.deliveries()[0].reason


def test_a_worker_that_stops_takes_no_further_delivery(resources, outbox, plain_mail):
    outbox.raise_alerts(TO)
    resources.stopping.set()
    Drain(resources, "email")()
    assert states(outbox) == [PENDING]
    assert outbox.deliveries()[0].attempt == 0


def test_an_escalated_alert_says_since_when_nobody_has_answered(resources, outbox, plain_mail):
    rung = {"after_minutes": 1, "send": [OTHER]}
    outbox.raise_alerts(TO, escalate=[rung])
    with resources.database.write() as session:
        escalate_due(session, datetime.now(UTC) + timedelta(minutes=2))
    outbox.make_due()
    Drain(resources, "email")()
    first, second = plain_mail.mails
    assert second["To"] == "second@hospital.example"
    assert second["Subject"].startswith("Escalated: Urgent finding")
    assert "Nobody has acknowledged this alert since" in text_of(second)
    assert "Nobody" not in text_of(first)


def test_the_sweep_hints_at_what_is_due_and_brings_back_what_was_lost(resources, outbox, any_installation, slack):
    any_installation.start_redis()
    outbox.raise_alerts("slack:default")
    with resources.database.write() as session:
        claim_delivery(session, "slack", 0)
    time.sleep(0.01)
    sweep(resources)
    with Redis(unix_socket_path=str(any_installation.settings.redis_socket)) as client:
        [message] = client.lrange("alerts", 0, -1)
    assert json.loads(message)["headers"]["task"] == "oncoqueue.alerts.slack"
    Drain(resources, "slack")()
    assert states(outbox) == [SENT]
    assert outbox.deliveries()[0].attempt == 2
