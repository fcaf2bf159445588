from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.alerting.rules import Target, load_policy
from shared.errors import SettingsError
from shared.settings import Settings

WEBHOOK = SecretStr("https://hooks.example/x")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "alerts.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_with_nothing_configured_alerts_go_to_the_folder() -> None:
    [rule] = load_policy(Settings()).rules
    assert (rule.name, rule.send) == ("default", (Target("folder", "default"),))


def test_with_a_webhook_alone_alerts_go_to_slack() -> None:
    assert load_policy(Settings(slack_webhook=WEBHOOK)).rules[0].send == (Target("slack", "default"),)


def test_webhooks_that_nothing_is_sent_to_are_refused_with_what_to_set() -> None:
    named = SecretStr('{"oncall": "https://hooks.example/x"}')
    with pytest.raises(SettingsError, match="set ONCOQUEUE_ALERT_TO=slack:oncall, or ONCOQUEUE_ALERT_RULES"):
        load_policy(Settings(slack_webhook=named))
    assert load_policy(Settings(slack_webhook=named, alert_to="slack:oncall")).rules[0].send == (
        Target("slack", "oncall"),
    )


def test_a_mail_server_that_nothing_is_sent_by_is_refused_with_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="set ONCOQUEUE_ALERT_TO=email:"):
        load_policy(Settings(smtp_host="localhost"))
    path = written(tmp_path, "[[rule]]\nname='a'\nsend=['folder']")
    with pytest.raises(SettingsError, match="no alert goes to an e-mail address: name one"):
        load_policy(Settings(smtp_host="localhost", alert_rules=path))
    path = written(
        tmp_path, "[[rule]]\nname='a'\nsend=['folder']\nescalate=[{after_minutes=1, send=['email:a@b.example']}]"
    )
    assert load_policy(Settings(smtp_host="localhost", alert_rules=path)).rules


def test_alert_to_names_the_targets_of_the_default_rule() -> None:
    settings = Settings(alert_to="slack, email:a@hospital.example,", slack_webhook=WEBHOOK, smtp_host="localhost")
    assert load_policy(settings).rules[0].send == (Target("slack", "default"), Target("email", "a@hospital.example"))


def test_a_file_of_rules_is_read_whole(tmp_path: Path) -> None:
    text = """
    [[rule]]
    name = "glioma"
    kinds = ["brain-mri"]
    labels = ["glioma"]
    min_probability = 0.6
    min_size_mm = 5
    min_urgency = 0.4
    at_once_urgency = 0.8
    at_once_limit = 3
    send = ["slack:default", "email:oncall@hospital.example"]
    escalate = [{after_minutes = 15, send = ["email:head@hospital.example"]}]

    [[rule]]
    name = "all"
    at_once_urgency = "never"
    send = ["folder"]
    """
    settings = Settings(alert_rules=written(tmp_path, text), slack_webhook=WEBHOOK, smtp_host="localhost")
    first, second = load_policy(settings).rules
    assert (first.name, first.min_size_mm, first.at_once_limit) == ("glioma", 5, 3)
    assert first.escalate[0].send == (Target("email", "head@hospital.example"),)
    assert (second.name, second.at_once_urgency) == ("all", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rule]", "cannot be read"),
        ("", "has no rule"),
        ("rule = 3", "has no rule"),
        ("[rule]\nname = 'a'", "has no rule"),
        ("rule = [3]", "rule 1, rule: Input should be"),
        ("x = 1\n[[rule]]\nname='a'\nsend=['folder']", "has 'x' outside a rule"),
        ("[[rule]]\nname='a'\nsend=['folder']\nurgency=1", "rule 'a', urgency: Extra inputs"),
        ("[[rule]]\nsend=['folder']", "rule 1, name: Field required"),
        ("[[rule]]\nname='a'", "rule 'a', send: Field required"),
        ("[[rule]]\nname='a'\nsend=['pager:1']", "rule 'a', send.0: 'pager:1' is not a target"),
        (
            "[[rule]]\nname='a'\nsend=['email:a@b.example']",
            "email:a@b.example needs a mail server: set ONCOQUEUE_SMTP_HOST",
        ),
        ("[[rule]]\nname='a'\nsend=['slack:ward']", "rule 'a', send: slack:ward is not a webhook"),
        (
            "[[rule]]\nname='a'\nsend=['folder']\nescalate=[{after_minutes=1, send=['slack:ward']}]",
            "rule 'a', escalate.0.send: slack:ward is not a webhook",
        ),
        (
            "[[rule]]\nname='a'\nsend=['folder']\nescalate=[{after_minutes=1, send=['slack:#']}]",
            "rule 'a', escalate.0.send.0: 'slack:#' has no name",
        ),
        ("[[rule]]\nname='a'\nsend=['folder']\n[[rule]]\nname='a'\nsend=['folder']", "two rules named 'a'"),
    ],
)
def test_a_wrong_file_is_refused_with_the_file_the_rule_and_the_field(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_policy(Settings(alert_rules=path))
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    for path in (tmp_path / "none.toml", binary):
        with pytest.raises(SettingsError, match="cannot be read"):
            load_policy(Settings(alert_rules=path))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"alert_to": "ward"}, "ONCOQUEUE_ALERT_TO is not valid: 'ward' is not a target"),
        ({"alert_to": "email:a@b.example"}, "set ONCOQUEUE_SMTP_HOST"),
        ({"alert_to": "slack:ward"}, "slack:ward is not a webhook"),
        ({"alert_to": "folder", "alert_rules": Path("x.toml")}, "both set: keep one"),
    ],
)
def test_wrong_settings_without_a_file_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_policy(Settings(**wrong))  # type: ignore[arg-type]
    assert said in str(caught.value)
