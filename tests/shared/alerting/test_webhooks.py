from __future__ import annotations

import pytest
from pydantic import SecretStr

from shared.alerting.webhooks import slack_webhooks
from shared.errors import SettingsError
from shared.settings import Settings


def webhooks(text: str | None) -> dict[str, str]:
    return slack_webhooks(Settings(slack_webhook=None if text is None else SecretStr(text)))


def test_one_address_alone_is_the_default() -> None:
    assert webhooks("https://hooks.slack.com/services/T/B/x") == {"default": "https://hooks.slack.com/services/T/B/x"}
    assert webhooks(None) == {}


def test_many_addresses_have_names() -> None:
    text = '{"ward": "https://hooks.example/1", "boss": "http://127.0.0.1:9/2"}'
    assert webhooks(text) == {"ward": "https://hooks.example/1", "boss": "http://127.0.0.1:9/2"}


@pytest.mark.parametrize("address", ["http://[::1]:80/x", "http://localhost/x", "https://hooks.example/x"])
def test_an_address_that_nobody_reads_along_is_taken(address: str) -> None:
    assert webhooks(address) == {"default": address}


@pytest.mark.parametrize(
    "text",
    [
        "http://hooks.example/secret",
        "http://127.0.0.1.evil.example/secret",
        "ftp://127.0.0.1/secret",
        "https:///secret",
        "http://[bad/secret",
        '{"ward": "http://hooks.example/secret"}',
        '{"the ward": "https://hooks.example/secret"}',
        '{"ward": ["https://hooks.example/secret"]}',
        '{"ward": "https://hooks.example/secret"',
    ],
)
def test_a_wrong_setting_is_refused_without_quoting_an_address(text: str) -> None:
    with pytest.raises(SettingsError, match="ONCOQUEUE_SLACK_WEBHOOK") as caught:
        webhooks(text)
    assert "secret" not in str(caught.value)
