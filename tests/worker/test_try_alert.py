"""`oncoqueue test-alert` against real servers."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from mail_server import Login, mail_server
from slack_server import Answer, slack_server

from shared.cli import cli

TO = "reader@hospital.example"


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("ONCOQUEUE_DATA_DIR", str(tmp_path))

    def command(*arguments: str, **settings: object):
        for name, value in settings.items():
            monkeypatch.setenv(f"ONCOQUEUE_{name.upper()}", str(value))
        return CliRunner().invoke(cli, ["test-alert", *arguments])

    return command


def test_a_mail_arrives_that_nobody_can_take_for_a_real_one(run):
    with mail_server() as server:
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
        result = run("email", "--to", TO, **smtp)
        assert result.exit_code == 0, result.output
        [mail] = server.mails
    assert mail["Subject"] == "Test message from OncoQueue"
    assert "No scan was analysed" in mail.get_body(("plain",)).get_content()
    assert "250" in result.output
    assert "No rule sends there yet: ONCOQUEUE_SMTP_HOST is set" in result.output
    assert "set ONCOQUEUE_ALERT_TO=email:" in result.output


def test_a_recipient_that_no_rule_names_is_tried_and_this_is_said(run, tmp_path):
    with slack_server() as server:
        hooks = json.dumps({"oncall": server.url("/1"), "digests": server.url("/2")})
        assert "set ONCOQUEUE_ALERT_TO=slack:oncall" in run("slack", "--to", "digests", slack_webhook=hooks).output
        said = run("slack", "--to", "digests", alert_to="slack:oncall").output
        assert "No rule sends there yet: set ONCOQUEUE_ALERT_TO=slack:oncall,slack:digests" in said
        assert "No rule" not in run("slack", "--to", "oncall").output
        assert len(server.messages) == 3
        rules = tmp_path / "rules.toml"
        rules.write_text("[[rule]]\nname = 'a'\nsend = ['slack:oncall']\n")
        said = run("slack", "--to", "digests", alert_rules=rules, alert_to="").output
        assert f"No rule sends there yet: name slack:digests in {rules}" in said


def test_without_rules_it_says_what_to_set(run):
    result = run("slack", slack_webhook='{"oncall": "https://hooks.example/1"}')
    assert result.exit_code == 1
    assert "set ONCOQUEUE_ALERT_TO=slack:oncall" in result.output


def test_a_wrong_password_is_said_in_words(run):
    with mail_server(Login("user", "right")) as server:
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
        result = run("email", "--to", TO, **smtp, smtp_user="user", smtp_password="wrong")
    assert result.exit_code == 1
    assert "did not accept the user name or the password" in result.output


def test_all_that_the_rules_name_are_tried(run):
    with mail_server() as server:
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none"}
        server.recipients["a@hospital.example"] = ["550 5.1.1 unknown"]
        result = run("email", **smtp, alert_to="email:a@hospital.example,email:b@hospital.example")
        assert [mail["To"] for mail in server.mails] == ["b@hospital.example"]
    assert result.exit_code == 1
    assert "email to a@hospital.example: not sent. The mail server refused the recipient: 550" in result.output


def test_slack_answers_and_its_address_is_not_printed(run):
    with slack_server() as server:
        server.answers += [Answer(404, "no_service")]
        result = run("slack", slack_webhook=server.url("/services/secret"))
        assert result.exit_code == 1
        assert "404 no_service" in result.output
        assert "secret" not in result.output
        assert run("slack").exit_code == 0


def test_the_folder_needs_no_setting(run, tmp_path):
    assert run("folder").exit_code == 0
    assert len(list((tmp_path / "alerts").glob("test-*"))) == 2


@pytest.mark.parametrize(("channel", "setting"), [("email", "--to"), ("slack", "ONCOQUEUE_SLACK_WEBHOOK")])
def test_what_is_not_set_up_is_named(run, channel, setting):
    result = run(channel)
    assert result.exit_code == 1
    assert setting in result.output


def test_a_recipient_that_is_none_is_a_wrong_use(run):
    assert run("email", "--to", "nobody").exit_code == 2
