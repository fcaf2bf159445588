"""What `oncoqueue up` says of alerts and logins."""

from __future__ import annotations

import pytest

from shared.errors import SettingsError
from shared.outlook import outlook
from shared.settings import Settings
from shared.states import Scope
from shared.store.accounts import add_account

HOOK = "https://hooks.slack.example/services/a"
MAIL = {"smtp_host": "smtp.hospital.example", "smtp_from": "onco@hospital.example", "alert_to": "email:a@b.example"}


@pytest.fixture
def said(tmp_path, database_url):
    """A function that gives the lines for these settings, checked as the environment's are."""
    return lambda **given: outlook(Settings(data_dir=tmp_path, database_url=database_url, **given))


def test_without_any_setting_alerts_go_to_the_folder_and_there_is_no_more_to_say(said, tmp_path):
    assert said() == {"Alerts go to": f"folder {tmp_path}/alerts"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"slack_webhook": HOOK}, "slack default"),
        (MAIL, "email a@b.example"),
        (MAIL | {"slack_webhook": HOOK, "alert_to": "email:a@b.example,slack"}, "email a@b.example, slack default"),
    ],
)
def test_the_targets_are_said_and_that_their_links_lead_nowhere(said, given, words):
    lines = said(**given)
    assert lines["Alerts go to"] == words
    assert lines["Links"] == "links in alerts lead to 127.0.0.1: set ONCOQUEUE_PUBLIC_URL"
    assert "Links" not in said(**given, public_url="https://onco.hospital.example")


def test_a_file_of_rules_is_named(said, tmp_path):
    rules = tmp_path / "alerts.toml"
    rules.write_text('[[rule]]\nname = "all"\nsend = ["folder"]\n')
    assert said(alert_rules=rules) == {"Alerts go to": f"the rules in {rules}"}
    rules.write_text("")
    with pytest.raises(SettingsError, match="has no rule"):
        said(alert_rules=rules)


def test_a_login_that_is_needed_is_said_with_what_is_missing(said, database, tmp_path):
    secure = {"tls_cert": tmp_path / "c.pem", "tls_key": tmp_path / "k.pem", "host": "0.0.0.0"}
    for given in (secure, {"login": "always"}):
        assert said(**given)["Login"] == "needed; no account yet: oncoqueue user add NAME"
    with database.write() as session:
        add_account(session, "reader", "a hash", set(Scope))
    assert said(login="always")["Login"] == "needed"


def test_over_plain_http_from_elsewhere_nobody_can_log_in(said):
    assert said(host="0.0.0.0")["Login"].startswith("nobody can log in without HTTPS: set ONCOQUEUE_TLS_CERT")
    assert "no account yet" in said(host="0.0.0.0", trusted_proxies=1)["Login"]
